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
    Object.assign(state, NO_FILTER, wanted);
    narrow();
    if (document.body.dataset.view !== 'map') showTab('table');
  }
  // The same of all tracks, whatever was searched for: what a bar counts is what is seen.
  function lookAtAll(wanted) {
    byId('search').value = state.query = '';
    look(wanted);
  }
  function narrow() {
    fillFilters();
    search(state);
  }

  const table = makeTable(state, play);
  makePanel(state, grid, play);
  const fillFilters = makeFilters(state, narrow);
  state.on('chosen', () => state.chosenOnly && narrow());
  showOverview(state, lookAtAll);
  showAttention(state, lookAtAll);
  showPlan(state, lookAtAll);
  const view = makeMap(state, grid, theme, look, play);
  showFound(state, () => lookAtAll({}));
  showTab(grid.size ? 'map' : library.count ? 'table' : 'overview');
  document.body.dataset.ready = 'yes';
  return {state, table, view, grid, look, narrow, show: showTab};
}

function summarise(library) {
  const made = new Date(library.facts.madeAt);
  const when = Number.isNaN(made.getTime()) ? '' : ` · ${made.toLocaleDateString(undefined, {dateStyle: 'medium'})}`;
  const part = shown(library.facts.part);
  const text = `${plural(library.count, 'track')}${part && ` in ${part}`}${when}`;
  byId('summary').textContent = byId('summary').title = text;
  if (part) document.title = `${part} · ${document.title}`;
  if (library.count) return;
  notice(part ? `The library has no track in ${part}.` : 'The library is empty: audiotag scan FOLDER listens to some music.');
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
  const genre = byId('filter-genre'), status = byId('filter-status'), plan = byId('filter-plan'), decade = byId('filter-decade'), chosen = byId('filter-chosen');
  const option = (value) => make('option', {value}, shown(value));
  genre.append(...library.lists.genre.slice(1).map(option));
  status.append(...library.facts.statuses.map(option));
  const decades = new Set();
  for (let track = 0; track < library.count; track++) decades.add(decadeOf(library, track));
  decade.append(...[...decades].sort().map((value) => make('option', {value}, value === 'none' ? 'not known' : `${value}s`)));
  decade.parentElement.hidden = decades.size < 2;
  const kinds = [...new Set(library.plans.map(planKind))].sort();
  plan.append(...kinds.map(option));
  const lineOption = make('option', {value: ''});
  byId('filters').addEventListener('change', () => {
    Object.assign(state, {genre: genre.value, status: status.value, plan: plan.value, decade: decade.value, chosenOnly: chosen.checked});
    narrow();
  });
  byId('filters').addEventListener('reset', (event) => {
    event.preventDefault();
    Object.assign(state, NO_FILTER);
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
    [genre.value, status.value, plan.value, decade.value, chosen.checked] = [state.genre, state.status, state.plan, state.decade, state.chosenOnly];
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
