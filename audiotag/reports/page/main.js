// From the data in the page to what is seen.

async function main() {
  const library = await readLibrary();
  const state = makeState(library);
  const search = makeSearch(library);
  const play = makePlayer(state);
  const grid = makeGrid(library);
  const theme = makeTheme(() => state.tell('theme'));
  theme.start();
  const showTab = makeTabs((name) => state.tell('view', name));
  summarise(library);

  // Narrows to what is asked for and nothing else, in the table unless the map is open.
  function look(wanted) {
    Object.assign(state, {genre: '', status: '', plan: '', spot: null, chosenOnly: false}, wanted);
    narrow();
    if (document.body.dataset.view !== 'map') showTab('table');
  }
  function narrow() {
    fillFilters();
    search(state);
  }

  const table = makeTable(state, play);
  makePanel(state, grid, play);
  const fillFilters = makeFilters(state, narrow);
  state.on('chosen', () => state.chosenOnly && narrow());
  showOverview(state, look);
  showAttention(state, look);
  showPlan(state, look);
  const view = makeMap(state, grid, theme, look, play);
  showFound(state, () => {
    byId('search').value = state.query = '';
    look({});
  });
  showTab(grid.size ? 'map' : library.count ? 'table' : 'overview');
  document.body.dataset.ready = 'yes';
  return {state, table, view, grid, look, narrow, show: showTab};
}

function summarise(library) {
  const made = new Date(library.facts.madeAt);
  const when = Number.isNaN(made.getTime()) ? '' : ` · ${made.toLocaleDateString(undefined, {dateStyle: 'medium'})}`;
  byId('summary').textContent = `${plural(library.count, 'track')}${when}`;
  if (!library.count) notice('The library is empty: audiotag scan FOLDER listens to some music.');
}

function notice(text) {
  byId('notice').textContent = text;
  byId('notice').hidden = false;
}

// The map with all that belongs to it; null where there is nothing to draw, or nothing to draw with.
function makeMap(state, grid, theme, look, play) {
  const {library} = state;
  const points = grid.size ? makePoints(byId('points'), state) : null;
  if (!points) {
    const empty = byId('map-empty');
    empty.textContent = grid.size ? 'This browser has no WebGL, which draws the map. All else works.' : mapless(library);
    empty.hidden = false;
    byId('map').classList.add('without');
    return null;
  }
  const view = makeView(state, points);
  const marks = makeMarks(state, view, grid);
  const repaint = () => {
    points.paint(legend.paint(), rgb(OTHER[theme.now()]));
    view.redraw();
  };
  const legend = makeLegend(state, look, theme, () => repaint());
  const pointing = makePointing(state, view, grid, marks, play);
  makeKeys(state, view, grid, pointing, play);
  legend.choose('genre');
  for (const event of ['lit', 'chosen', 'theme']) state.on(event, repaint);
  if (library.facts.heap) notice('To the model all tracks on the map sound the same: who lies beside whom says nothing.');
  else if (allInOnePlace(library)) notice('On the map all tracks lie in one place: they sound the same to the model, or there is only one.');
  return view;
}

function mapless(library) {
  if (!library.count) return 'No track, no map.';
  return 'There is no map yet: of no track here does the library have a usable embedding by the model that was used last; audiotag scan makes them.';
}

function allInOnePlace(library) {
  const places = new Set();
  for (let track = 0; track < library.count && places.size < 2; track++) {
    if (hasPoint(library, track)) places.add(library.x[track] * (NONE_16 + 1) + library.y[track]);
  }
  return places.size === 1;
}

// The filters above the table; returns what sets them to what the state says.
function makeFilters(state, narrow) {
  const {library} = state;
  const genre = byId('filter-genre'), status = byId('filter-status'), plan = byId('filter-plan'), chosen = byId('filter-chosen');
  const option = (value) => make('option', {value}, shown(value));
  genre.append(...library.lists.genre.slice(1).map(option));
  status.append(...library.facts.statuses.map(option));
  const kinds = [...new Set(library.plans.map(planKind))].sort();
  plan.append(...kinds.map(option));
  const lineOption = make('option', {value: ''});
  byId('filters').addEventListener('change', () => {
    Object.assign(state, {genre: genre.value, status: status.value, plan: plan.value, chosenOnly: chosen.checked});
    narrow();
  });
  byId('filters').addEventListener('reset', (event) => {
    event.preventDefault();
    Object.assign(state, {genre: '', status: '', plan: '', chosenOnly: false, spot: null});
    narrow();
  });
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  byId('choose-shown').addEventListener('click', () => state.choose([...state.lit.keys()].filter((track) => state.lit[track])));
  let waiting = 0;
  byId('search').addEventListener('input', (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      state.query = event.target.value;
      narrow();
    }, 90);
  });
  return () => {
    // One line of the plan is a filter as well, but not one of the usual ones.
    lineOption.remove();
    if (state.plan && !kinds.includes(state.plan)) {
      lineOption.value = state.plan;
      lineOption.textContent = shown(state.plan);
      plan.append(lineOption);
    }
    [genre.value, status.value, plan.value, chosen.checked] = [state.genre, state.status, state.plan, state.chosenOnly];
  };
}

// How many are left, and a way back to all.
function showFound(state, all) {
  const clear = byId('clear');
  clear.addEventListener('click', all);
  state.on('lit', () => {
    const narrowed = isNarrowed(state) || state.query !== '';
    byId('found').textContent = narrowed ? `${number(state.litCount)} of ${number(state.library.count)}` : '';
    clear.hidden = !narrowed;
  });
}

main().then((page) => document.dispatchEvent(new CustomEvent('audiotag-ready', {detail: page}))).catch((fault) => {
  notice(`This page could not be shown: ${fault.message}`);
  throw fault;
});
