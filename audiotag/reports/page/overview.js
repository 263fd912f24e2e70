// How much there is of what: figures, bars a genre, and how sure the answers are.

// A bar with its label and its figure; `parts` are [share of the longest, class].
function bar(label, figure, parts, onclick = null) {
  const track = make('span', {class: 'bar', 'aria-hidden': 'true'}, ...parts.map(([share, name]) => {
    const part = make('span', {class: name});
    part.style.width = `${100 * share}%`;
    return part;
  }));
  const content = [make('span', {class: 'label'}, label), track, make('span', {class: 'figure'}, figure)];
  return make('li', {}, onclick ? make('button', {type: 'button', class: 'bar-row', onclick}, ...content) : make('div', {class: 'bar-row'}, ...content));
}

function genreCounts(library) {
  const counts = new Map();
  for (let track = 0; track < library.count; track++) {
    if (library.status[track] !== OK && library.status[track] !== UNCERTAIN) continue;
    const name = textOf(library, 'genre', track);
    if (!counts.has(name)) counts.set(name, [0, 0]);
    counts.get(name)[library.status[track]]++;
  }
  return [...counts].sort(([, one], [, other]) => other[0] + other[1] - one[0] - one[1]);
}

function statusCounts(library) {
  const counts = new Array(library.facts.statuses.length).fill(0);
  for (const status of library.status) counts[status]++;
  return counts;
}

function showOverview(state, look) {
  const {library} = state;
  const counts = statusCounts(library);
  let seconds = 0;
  for (const value of library.seconds) if (value !== NONE_16) seconds += value;
  const artists = new Set(library.numbers.artist).size - (library.numbers.artist.includes(0) ? 1 : 0);
  const tiles = [
    [number(library.count), library.count === 1 ? 'track' : 'tracks'], [number(Math.round(seconds / 3600)), 'hours'],
    [number(artists), artists === 1 ? 'artist' : 'artists'], [number(counts[OK]), 'certain'], [number(counts[UNCERTAIN]), 'uncertain'],
    [number(counts[TOO_SHORT] + counts[FAILED]), 'failed'], [number(counts[MISSING]), 'missing'],
  ];
  byId('tiles').append(...tiles.map(([figure, label]) => make('li', {}, make('strong', {}, figure), ` ${label}`)));

  const genres = genreCounts(library);
  const most = Math.max(1, ...genres.map(([, [sure, unsure]]) => sure + unsure));
  byId('genre-bars').append(...genres.map(([name, [sure, unsure]]) =>
    bar(bdi(name, '(none)'), number(sure + unsure), [[sure / most, 'sure'], [unsure / most, 'unsure']], () => look({genre: name}))));
  if (!genres.length) byId('genre-bars').append(make('li', {class: 'empty'}, 'No track has been heard yet.'));
  byId('histogram').append(histogram(library));
}

// Twenty columns, from 0 to 100 %.
function histogram(library) {
  const sure = new Array(20).fill(0), unsure = new Array(20).fill(0);
  for (let track = 0; track < library.count; track++) {
    if (!isKnown(library, track)) continue;
    (library.status[track] === UNCERTAIN ? unsure : sure)[Math.min(19, Math.floor(20 * confidenceOf(library, track)))]++;
  }
  const most = Math.max(1, ...sure.map((value, at) => value + unsure[at]));
  const svg = makeSvg('svg', {viewBox: '0 0 400 170', role: 'img', 'aria-label': 'Tracks by confidence: ' + sure.map((value, at) =>
    `${5 * at} to ${5 * at + 5} %: ${value + unsure[at]}`).filter((line) => !line.endsWith(': 0')).join(', ')});
  sure.forEach((value, at) => {
    const total = value + unsure[at];
    const height = (count) => (140 * count) / most;
    const title = makeSvg('title');
    title.textContent = `${5 * at}–${5 * at + 5} %: ${plural(total, 'track')}, of them ${number(unsure[at])} uncertain`;
    const group = makeSvg('g');
    group.append(title,
      makeSvg('rect', {x: 20 * at, y: 0, width: 20, height: 145, class: 'hit'}),
      makeSvg('rect', {x: 20 * at + 1.5, y: 145 - height(value), width: 17, height: height(value), class: 'sure'}),
      makeSvg('rect', {x: 20 * at + 1.5, y: 145 - height(total), width: 17, height: height(unsure[at]), class: 'unsure'}));
    svg.append(group);
  });
  svg.append(makeSvg('line', {x1: 0, y1: 145.5, x2: 400, y2: 145.5, class: 'axis'}));
  for (const share of [0, 25, 50, 75, 100]) {
    const text = makeSvg('text', {x: 4 * share, y: 163, 'text-anchor': share === 0 ? 'start' : share === 100 ? 'end' : 'middle'});
    text.textContent = `${share} %`;
    svg.append(text);
  }
  return svg;
}
