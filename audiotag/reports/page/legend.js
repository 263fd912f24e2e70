// What the colours mean, and a way to see one of them alone.

function makeLegend(state, look, theme, repaint) {
  const {library} = state;
  const entries = byId('legend-entries'), note = byId('legend-note');
  let by = 'genre', looks = new Map(), listed = [];
  const measures = {confidence: confidenceMeasure(library), year: yearMeasure(library)};

  function choose(name) {
    by = name;
    if (!(by in measures)) {
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
    if (by in measures) {
      const {ends, means} = measures[by];
      if (ends.length) entries.append(make('li', {class: 'scale'}, scaleImage(theme.now()), ...ends.map((text) => make('span', {}, text))));
      note.textContent = means;
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
      const other = [...rgb(OTHER[theme.now()]), by in measures ? SHAPES.indexOf('cross') : 0];
      if (by in measures) {
        const {shareOf} = measures[by], now = theme.now();
        return (track) => {
          const share = shareOf(track);
          return share === null ? other : [...scaleColour(share, now), 0];
        };
      }
      const numbers = library.numbers[by];
      const paints = new Map([...looks].map(([at, one]) => [at, [...rgb(COLOURS[theme.now()][one.colour]), SHAPES.indexOf(one.shape)]]));
      return (track) => paints.get(numbers[track]) ?? other;
    },
  };
}

// What a scale stands for. ends: its labels. shareOf: where a track lies on it, 0..1; null: nowhere.
function confidenceMeasure(library) {
  return {
    ends: ['0 %', '100 %'], means: 'How likely the first genre is.',
    shareOf: (track) => (isKnown(library, track) ? confidenceOf(library, track) : null),
  };
}

// From the earliest to the latest year, but for one in a hundred at either end: a slip in one tag would else
// leave all others the same colour.
function yearMeasure(library) {
  const years = library.year.filter((year, track) => year && hasPoint(library, track)).sort();
  if (!years.length) return {ends: [], means: 'No track on the map names a year.', shareOf: () => null};
  const beyond = Math.floor(years.length / 100);
  const [first, last] = [years[beyond], years[years.length - 1 - beyond]];
  const ends = [years[0] < first ? `until ${first}` : first, years[years.length - 1] > last ? `${last} and later` : last];
  const without = library.x.reduce((sum, x) => sum + (x !== NONE_16), 0) - years.length;
  return {
    ends: first === last ? ends.slice(1) : ends,
    means: without ? `${plural(without, 'track')} without a year in grey.` : '',
    shareOf: (track) => (library.year[track] ? (library.year[track] - first) / Math.max(1, last - first) : null),
  };
}

function scaleImage(theme) {
  const svg = makeSvg('svg', {viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'shape-rendering': 'crispEdges', 'aria-hidden': 'true'});
  for (let at = 0; at < 50; at++) {
    svg.append(makeSvg('rect', {x: 2 * at, y: 0, width: 2.1, height: 8, fill: `rgb(${scaleColour(at / 49, theme).join(',')})`}));
  }
  return svg;
}
