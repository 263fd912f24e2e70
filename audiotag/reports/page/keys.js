// The map by keyboard: from track to track as they lie.

const DIRECTIONS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

function makeKeys(state, view, grid, pointing, open) {
  const {library} = state;

  // The one that lies nearest that way; what lies aside counts as farther.
  function step([dx, dy]) {
    const from = state.current >= 0 && hasPoint(library, state.current) ? [library.x[state.current], library.y[state.current]] : view.toMap(...middle());
    let best = -1, least = Infinity;
    for (let track = 0; track < library.count; track++) {
      if (!state.lit[track] || !hasPoint(library, track) || track === state.current) continue;
      const [x, y] = [library.x[track] - from[0], library.y[track] - from[1]];
      const ahead = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (ahead <= 0 && state.current >= 0) continue;
      const far = state.current >= 0 ? ahead + 2 * aside : Math.hypot(x, y);
      if (far < least && aside <= 2 * Math.abs(ahead) + 1) [best, least] = [track, far];
    }
    if (best < 0) return say('No track lies there.');
    state.show(best);
    view.reveal(best);
    return say(sentence(library, best));
  }

  const middle = () => [byId('map-frame').clientWidth / 2, byId('map-frame').clientHeight / 2];
  const withCurrent = (action) => () => state.current >= 0 && action(state.current);
  const KEYS = {
    Enter: withCurrent((track) => open(track, [track, ...grid.neighbours(track, 10)])),
    ' ': withCurrent((track) => {
      state.toggle(track);
      say(`${plural(state.chosen.size, 'track')} chosen`);
    }),
    '+': () => view.zoomBy(1.5), '=': () => view.zoomBy(1.5), '-': () => view.zoomBy(1 / 1.5), 0: view.fit, Home: view.fit,
    m: () => pointing.take('move'), b: () => pointing.take('box'), l: () => pointing.take('lasso'),
    Escape: () => {
      pointing.stop();
      state.choose([]);
    },
  };

  byId('points').addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = DIRECTIONS[event.key];
    if (!way && !(event.key in KEYS)) return;
    event.preventDefault();
    if (!way) KEYS[event.key]();
    else if (event.shiftKey) view.moveBy(-80 * way[0], -80 * way[1]);
    else step(way);
  });
  byId('zoom-in').addEventListener('click', () => view.zoomBy(1.5));
  byId('zoom-out').addEventListener('click', () => view.zoomBy(1 / 1.5));
  byId('zoom-fit').addEventListener('click', view.fit);
}
