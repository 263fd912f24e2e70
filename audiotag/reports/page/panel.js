// One track, all that the page knows of it, with what lies near; and those that are chosen.

const MOST_LISTED = 200;

function makePanel(state, grid, open) {
  const {library} = state;
  const panel = byId('panel-track'), chosen = byId('panel-chosen');

  state.on('current', (track) => {
    panel.replaceChildren(...describe(track));
    // On a phone it lies below the view.
    if (document.body.dataset.view !== 'map' && matchMedia('(max-width: 820px)').matches) byId('panel').scrollIntoView({block: 'nearest'});
  });
  state.on('chosen', drawChosen);

  function describe(track) {
    const path = pathOf(library, track);
    const status = library.facts.statuses[library.status[track]];
    const near = grid.neighbours(track, 10);
    return [
      make('div', {class: 'headline'},
        make('button', {type: 'button', class: 'start large', 'aria-label': `Play ${shown(titleOf(library, track))}`, onclick: () => open(track, [track, ...near])}, '▶'),
        make('div', {}, make('h2', {}, bdi(titleOf(library, track))),
          make('p', {}, bdi(textOf(library, 'artist', track), 'artist not known')), make('p', {class: 'quiet'}, ...albumOf(library, track, 'album not known')))),
      ...heard(track, status),
      ...planned(track),
      make('p', {class: 'path quiet'}, bdi(path)),
      ...(near.length ? [make('h3', {}, 'Near it on the map'), make('ol', {class: 'near'}, ...near.map((other) => neighbour(other, near)))] : []),
    ];
  }

  function heard(track, status) {
    if (library.status[track] === FAILED || library.status[track] === TOO_SHORT || !isKnown(library, track)) {
      const why = textOf(library, 'error', track);
      return [make('p', {class: 'verdict', 'data-status': status}, status), why ? make('p', {}, bdi(why)) : null].filter(Boolean);
    }
    const bars = barsOf(library, track).slice(0, 5);
    const genre = textOf(library, 'genre', track);
    const rows = bars.length ? bars : [[genre, confidenceOf(library, track)]];
    const styles = textOf(library, 'styles', track);
    return [
      make('ul', {class: 'bars', 'aria-label': 'Genres'}, ...rows.map(([name, share]) => bar(bdi(name), percent(share), [[share, name === genre && status !== 'uncertain' ? 'sure' : 'unsure']]))),
      status === 'ok' ? null : make('p', {class: 'verdict', 'data-status': status}, status === 'uncertain' ? 'uncertain: below the threshold' : status),
      styles ? make('p', {}, make('span', {class: 'quiet'}, 'Styles '), bdi(styles)) : null,
    ].filter(Boolean);
  }

  function planned(track) {
    const plan = planOf(library, track);
    if (plan === null) return [];
    const line = plan.writes ? planLine(plan) : `${plan.old.join('; ') || '(no genre)'}, left alone: ${plan.why}`;
    return [make('p', {}, make('span', {class: 'quiet'}, 'Tag '), bdi(line))];
  }

  function neighbour(track, near) {
    return make('li', {}, make('button', {type: 'button', class: 'line', onclick: () => open(track, near)},
      make('span', {class: 'who'}, bdi(titleOf(library, track)), make('span', {class: 'quiet'}, ' ', bdi(textOf(library, 'artist', track)))),
      make('span', {class: 'said quiet'}, bdi(textOf(library, 'genre', track)))));
  }

  function drawChosen() {
    const tracks = [...state.chosen];
    chosen.hidden = tracks.length === 0;
    if (!tracks.length) return chosen.replaceChildren();
    const relative = make('input', {type: 'checkbox', id: 'relative'});
    const folder = () => (relative.checked ? library.facts.folder : null);
    const odd = tracks.filter((track) => !isOneLine(pathOf(library, track))).length;
    return chosen.replaceChildren(
      make('div', {class: 'headline'}, make('h2', {}, `${plural(tracks.length, 'track')} chosen`),
        make('div', {class: 'actions'}, make('button', {type: 'button', class: 'plain', onclick: () => open(tracks[0], tracks)}, 'Play'),
          make('button', {type: 'button', class: 'plain', onclick: () => state.choose([])}, 'Let go'))),
      make('div', {class: 'actions'},
        make('button', {type: 'button', class: 'main', id: 'save-playlist', onclick: () => download('audiotag.m3u8', 'audio/x-mpegurl', playlistLines(library, tracks, folder()))}, 'Playlist (.m3u8)'),
        make('button', {type: 'button', class: 'plain', id: 'save-paths', onclick: () => download('audiotag-paths.txt', 'text/plain', pathLines(library, tracks))}, 'List of paths')),
      library.facts.folder === null ? '' : make('label', {class: 'check'}, relative, ' paths from this page’s folder'),
      odd ? make('p', {class: 'quiet'}, `${plural(odd, 'name')} with an end of line cannot stand in a list and will be left out.`) : '',
      make('ul', {class: 'lines'}, ...tracks.slice(0, MOST_LISTED).map((track) => trackLine(state, track)),
        tracks.length > MOST_LISTED ? make('li', {class: 'quiet'}, `and ${number(tracks.length - MOST_LISTED)} more`) : null));
  }
}
