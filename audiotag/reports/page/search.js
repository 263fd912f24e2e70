// Which tracks search and filters leave. Lists of texts are searched once, not once a track.

const SEARCHED = ['artist', 'album', 'genre', 'styles', 'folder'];

function makeSearch(library) {
  const lists = Object.fromEntries(SEARCHED.map((name) => [name, library.lists[name].map(folded)]));
  const titles = library.titles.map(folded), names = library.names.map(folded);

  // Marks in `lit` who has the word in some text.
  function only(lit, word) {
    const year = /^\d{4}$/.test(word) ? Number(word) : -1;
    const hits = SEARCHED.map((name) => [library.numbers[name], lists[name].map((text) => text.includes(word))]);
    for (let track = 0; track < library.count; track++) {
      if (!lit[track] || library.year[track] === year || titles[track].includes(word) || names[track].includes(word)) continue;
      lit[track] = hits.some(([numbers, has]) => has[numbers[track]]) ? 1 : 0;
    }
  }

  return function search(state) {
    const lit = state.lit.fill(1);
    for (const word of folded(state.query).split(/\s+/).filter(Boolean)) only(lit, word);
    const genre = state.genre === '' ? -1 : library.lists.genre.indexOf(state.genre);
    const status = state.status === '' ? -1 : library.facts.statuses.indexOf(state.status);
    const plans = state.plan === '' ? null : library.plans.map((plan) => planKind(plan) === state.plan || planLine(plan) === state.plan);
    let count = 0;
    for (let track = 0; track < library.count; track++) {
      if (genre >= 0 && library.numbers.genre[track] !== genre) lit[track] = 0;
      if (status >= 0 && library.status[track] !== status) lit[track] = 0;
      if (plans && !plans[library.numbers.plan[track]]) lit[track] = 0;
      if (state.decade !== '' && decadeOf(library, track) !== state.decade) lit[track] = 0;
      if (state.spot && library.numbers[state.spot.name][track] !== state.spot.at) lit[track] = 0;
      if (state.chosenOnly && !state.chosen.has(track)) lit[track] = 0;
      count += lit[track];
    }
    state.litCount = count;
    state.tell('lit');
  };
}

const decadeOf = (library, track) => (library.year[track] ? String(10 * Math.floor(library.year[track] / 10)) : 'none');

// Whether anything is asked for at all.
const isNarrowed = (state) => state.litCount < state.library.count;

const WRITES = 'would be written', UNKNOWN = 'tags not known';

function planKind(plan) {
  if (plan === null) return UNKNOWN;
  return plan.writes ? WRITES : plan.why;
}

// '(no genre) → Rock'; empty where nothing would be written.
function planLine(plan) {
  if (plan === null || !plan.writes) return '';
  return `${plan.old.join('; ') || '(no genre)'} → ${plan.fresh.join('; ')}`;
}
