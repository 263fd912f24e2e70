// The table: whatever the number of tracks, only the rows in view exist.

const NO_NUMBER = 1e6;  // sorts behind every number there is

function tableColumns(library) {
  const list = (name, label, text = (track) => textOf(library, name, track)) =>
    ({name, label, text, ranks: () => listRanks(library, name)});
  const planTexts = library.plans.map((plan) => planLine(plan) || planKind(plan));
  return [
    {name: 'title', label: 'Title', text: (track) => titleOf(library, track),
      ranks: () => textRanks(library.titles.map((title, track) => title || library.names[track]))},
    list('artist', 'Artist'), list('album', 'Album'),
    {name: 'year', label: 'Year', numeric: true, text: (track) => String(library.year[track] || ''),
      ranks: () => Float64Array.from(library.year, (value) => value || NO_NUMBER)},
    list('genre', 'Genre'),
    {name: 'confidence', label: 'Sure', numeric: true, text: (track) => (isKnown(library, track) ? percent(confidenceOf(library, track)) : ''),
      ranks: () => Float64Array.from(library.confidence, (value) => (value === NONE_16 ? NO_NUMBER : value))},
    {name: 'seconds', label: 'Length', numeric: true, text: (track) => (library.seconds[track] === NONE_16 ? '' : clock(library.seconds[track])),
      ranks: () => Float64Array.from(library.seconds, (value) => (value === NONE_16 ? NO_NUMBER : value))},
    {name: 'status', label: 'Status', text: (track) => library.facts.statuses[library.status[track]],
      ranks: () => Float64Array.from(library.status)},
    {name: 'plan', label: 'Tag', text: (track) => planTexts[library.numbers.plan[track]],
      ranks: () => {
        const ranks = textRanks(planTexts);
        return Float64Array.from(library.numbers.plan, (at) => ranks[at]);
      }},
    list('folder', 'Folder'),
  ];
}

function makeTable(state, open) {
  const {library} = state;
  const grid = byId('grid'), head = byId('grid-head'), body = byId('grid-body'), space = byId('grid-space');
  const columns = tableColumns(library);
  const ranks = {};
  const order = {column: null, descending: false};
  // A browser has no taller elements than about this; beyond it a pixel stands for more than one.
  const TALLEST = 12e6;
  let rows = Uint32Array.from({length: library.count}, (_, track) => track);
  let cursor = 0;
  let drawn = new Map();

  const rowHeight = () => parseFloat(getComputedStyle(grid).getPropertyValue('--row')) || 34;
  const fullHeight = () => rows.length * rowHeight();
  const scale = () => Math.max(1, (fullHeight() - body.clientHeight) / Math.max(1, Math.min(fullHeight(), TALLEST) - body.clientHeight));

  const heads = columns.map((column) => {
    const button = make('button', {type: 'button', tabindex: -1, onclick: () => sortBy(column)}, column.label);
    return make('div', {role: 'columnheader', class: `cell ${column.name}${column.numeric ? ' numeric' : ''}`, 'aria-sort': 'none'}, button);
  });
  head.append(make('div', {class: 'cell play', role: 'columnheader'}, make('span', {class: 'sr'}, 'Play')), ...heads);
  grid.setAttribute('aria-colcount', columns.length + 1);

  function sortBy(column) {
    order.descending = order.column === column && !order.descending;
    order.column = column;
    heads.forEach((one, at) => one.setAttribute('aria-sort', columns[at] === column ? (order.descending ? 'descending' : 'ascending') : 'none'));
    update();
    say(`Sorted by ${column.label}, ${order.descending ? 'descending' : 'ascending'}`);
  }

  // Which rows there are, anew.
  function update() {
    let kept = new Uint32Array(state.litCount), at = 0;
    for (let track = 0; track < library.count; track++) if (state.lit[track]) kept[at++] = track;
    if (order.column) kept = sorted(kept, (ranks[order.column.name] ??= order.column.ranks()), order.descending);
    rows = kept;
    cursor = Math.min(cursor, Math.max(0, rows.length - 1));
    grid.setAttribute('aria-rowcount', rows.length + 1);
    byId('grid-empty').hidden = rows.length > 0;
    body.scrollTop = 0;
    redraw();
  }

  function redraw() {
    for (const row of drawn.values()) row.remove();
    drawn = new Map();
    draw();
  }

  function draw() {
    const height = rowHeight(), top = body.scrollTop * scale();
    space.style.height = `${Math.min(fullHeight(), TALLEST)}px`;
    const first = Math.max(0, Math.floor(top / height) - 4);
    const last = Math.min(rows.length, Math.ceil((top + body.clientHeight) / height) + 4);
    for (const [at, row] of drawn) {
      if (at < first || at >= last) {
        row.remove();
        drawn.delete(at);
      }
    }
    for (let at = first; at < last; at++) {
      let row = drawn.get(at);
      if (!row) {
        row = makeRow(at);
        drawn.set(at, row);
        space.append(row);
      }
      row.style.transform = `translateY(${at * height - top + body.scrollTop}px)`;
    }
    markCursor();
  }

  function makeRow(at) {
    const track = rows[at];
    const button = make('button', {type: 'button', class: 'start', tabindex: -1, 'aria-label': `Play ${shown(titleOf(library, track))}`}, '▶');
    const cells = columns.map((column) => {
      const text = column.text(track);
      const cell = make('div', {role: 'gridcell', class: `cell ${column.name}${column.numeric ? ' numeric' : ''}`, title: shown(text)}, bdi(text));
      if (column.name === 'status') cell.dataset.status = text;
      return cell;
    });
    const classes = ['row', state.chosen.has(track) && 'chosen', track === state.playing && 'playing'].filter(Boolean).join(' ');
    return make('div', {role: 'row', id: `row-${at}`, class: classes, 'aria-rowindex': at + 2, 'data-track': track},
      make('div', {role: 'gridcell', class: 'cell play'}, button), ...cells);
  }

  function markCursor() {
    for (const [at, row] of drawn) row.classList.toggle('cursor', at === cursor);
    if (drawn.has(cursor)) grid.setAttribute('aria-activedescendant', `row-${cursor}`);
    else grid.removeAttribute('aria-activedescendant');
  }

  function go(to) {
    if (!rows.length) return;
    cursor = Math.min(Math.max(to, 0), rows.length - 1);
    const height = rowHeight(), top = body.scrollTop * scale();
    if (cursor * height < top) body.scrollTop = (cursor * height) / scale();
    if ((cursor + 1) * height > top + body.clientHeight) body.scrollTop = ((cursor + 1) * height - body.clientHeight) / scale();
    draw();
    state.show(rows[cursor]);
  }

  const page = () => Math.max(1, Math.floor(body.clientHeight / rowHeight()) - 1);
  const KEYS = {
    ArrowDown: () => go(cursor + 1), ArrowUp: () => go(cursor - 1), PageDown: () => go(cursor + page()), PageUp: () => go(cursor - page()),
    Home: () => go(0), End: () => go(rows.length - 1), Enter: () => rows.length && open(rows[cursor], rows),
    ' ': () => rows.length && state.toggle(rows[cursor]),
  };
  grid.addEventListener('keydown', (event) => {
    if (!(event.key in KEYS) || event.target.closest('button')) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  space.addEventListener('click', (event) => {
    const row = event.target.closest('.row');
    if (!row) return;
    cursor = Number(row.getAttribute('aria-rowindex')) - 2;
    markCursor();
    const track = rows[cursor];
    state.show(track);
    if (event.target.closest('.start')) open(track, rows);
    else if (event.ctrlKey || event.metaKey) state.toggle(track);
  });
  let waits = false;
  const soon = () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      draw();
    });
  };
  body.addEventListener('scroll', soon, {passive: true});
  new ResizeObserver(() => {
    // The head is as wide as the rows, beside which there is a scroll bar.
    head.style.paddingInlineEnd = `${12 + body.offsetWidth - body.clientWidth}px`;
    soon();
  }).observe(body);
  state.on('lit', update);
  state.on('chosen', redraw);
  state.on('playing', redraw);
  update();
  return {columns, sortBy: (name) => sortBy(columns.find((column) => column.name === name)), rows: () => rows, redraw};
}
