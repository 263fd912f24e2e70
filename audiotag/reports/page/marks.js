// What lies above the points: a ring around the track that is meant, lines to its neighbours, its name.

function makeMarks(state, view, grid) {
  const svg = byId('marks'), tip = byId('tip'), frame = byId('map-frame');
  let hovered = -1, around = [];

  function draw() {
    svg.replaceChildren();
    if (state.current >= 0 && hasPoint(state.library, state.current)) {
      const [x, y] = view.toScreen(state.current);
      for (const other of around) {
        const [x2, y2] = view.toScreen(other);
        svg.append(makeSvg('line', {x1: x, y1: y, x2, y2, class: 'way'}), makeSvg('circle', {cx: x2, cy: y2, r: view.pointSize() / 2 + 2, class: 'near'}));
      }
      svg.append(makeSvg('circle', {cx: x, cy: y, r: view.pointSize() / 2 + 5, class: 'current'}));
    }
    if (hovered >= 0) {
      const [x, y] = view.toScreen(hovered);
      svg.append(makeSvg('circle', {cx: x, cy: y, r: view.pointSize() / 2 + 3, class: 'hovered'}));
      tip.style.transform = `translate(${Math.max(4, Math.min(frame.clientWidth - tip.offsetWidth - 4, x + 14))}px, ${Math.max(4, y + 14 + tip.offsetHeight > frame.clientHeight ? y - 12 - tip.offsetHeight : y + 14)}px)`;
    }
  }

  function hover(track) {
    if (track === hovered) return;
    hovered = track;
    frame.classList.toggle('on-point', track >= 0);
    tip.hidden = track < 0;
    if (track >= 0) tip.replaceChildren(...tipOf(state.library, track));
    draw();
  }

  state.on('moved', draw);
  state.on('current', (track) => {
    around = track >= 0 ? grid.neighbours(track, 10) : [];
    draw();
  });
  return {hover, hovered: () => hovered};
}

function tipOf(library, track) {
  const genre = textOf(library, 'genre', track);
  return [
    make('strong', {}, bdi(titleOf(library, track))),
    make('span', {}, bdi(textOf(library, 'artist', track), 'artist not known')),
    make('span', {class: 'quiet'}, ...albumOf(library, track, 'album not known')),
    make('span', {class: 'heard'}, bdi(genre, '–'), isKnown(library, track) ? ` ${percent(confidenceOf(library, track))}` : '',
      library.status[track] === UNCERTAIN ? make('em', {}, ' uncertain') : null),
  ];
}
