// What the colours mean, and a way to see one of them alone.

function makeLegend(state, look, theme, repaint) {
  const {library} = state;
  const entries = byId('legend-entries'), note = byId('legend-note');
  let by = 'genre', looks = new Map(), listed = [];

  function choose(name) {
    by = name;
    if (by !== 'confidence') {
      const counts = countsOf(by);
      // Genres in the model's order, so that each keeps its colour; of the others the most frequent.
      listed = by === 'genre' ? [...counts.keys()].sort((one, other) => one - other) :
        [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one) || one - other).slice(0, MOST_ENTRIES);
      looks = new Map(listed.map((at, place) => [at, lookOf(by === 'genre' ? at - 1 : place)]));
    }
    draw();
    repaint();
  }

  function countsOf(name) {
    const counts = new Map(), numbers = library.numbers[name];
    for (let track = 0; track < library.count; track++) {
      if (numbers[track] && hasPoint(library, track)) counts.set(numbers[track], (counts.get(numbers[track]) ?? 0) + 1);
    }
    return counts;
  }

  function draw() {
    entries.replaceChildren();
    if (by === 'confidence') {
      entries.append(make('li', {class: 'scale'}, scaleImage(), make('span', {}, '0 %'), make('span', {}, '100 %')));
      note.textContent = 'How likely the first genre is.';
      return;
    }
    const counts = countsOf(by);
    for (const at of listed) {
      const text = library.lists[by][at];
      const label = by === 'folder' ? text.split('/').pop() || text : text;
      const pressed = by === 'genre' ? state.genre === text : state.spot?.name === by && state.spot.at === at;
      entries.append(make('li', {}, make('button', {type: 'button', 'aria-pressed': String(pressed), title: shown(text),
        onclick: () => (by === 'genre' ? look({genre: pressed ? '' : text}) : look({spot: pressed ? null : {name: by, at}}))},
      swatch(looks.get(at), theme.now()), make('span', {class: 'label'}, bdi(label)), make('span', {class: 'figure'}, number(counts.get(at))))));
    }
    const rest = counts.size - listed.length;
    note.textContent = rest > 0 ? `${plural(rest, `other ${by}`)} in grey.` : by === 'genre' ? 'Pale: uncertain.' : '';
  }

  byId('colour-by').addEventListener('change', (event) => choose(event.target.value));
  state.on('lit', draw);
  state.on('theme', draw);

  return {
    choose,
    // [r, g, b, shape] of each track, by what is chosen.
    paint() {
      const other = [...rgb(OTHER[theme.now()]), 0];
      if (by === 'confidence') return (track) => (isKnown(library, track) ? [...scaleColour(confidenceOf(library, track)), 0] : other);
      const numbers = library.numbers[by];
      const paints = new Map([...looks].map(([at, one]) => [at, [...rgb(COLOURS[theme.now()][one.colour]), SHAPES.indexOf(one.shape)]]));
      return (track) => paints.get(numbers[track]) ?? other;
    },
  };
}

function scaleImage() {
  const svg = makeSvg('svg', {viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true'});
  for (let at = 0; at < 50; at++) {
    svg.append(makeSvg('rect', {x: 2 * at, y: 0, width: 2.1, height: 8, fill: `rgb(${scaleColour(at / 49).join(',')})`}));
  }
  return svg;
}
