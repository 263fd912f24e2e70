// Plays a file where it lies; it is never copied.

function makePlayer(state) {
  const {library} = state;
  const audio = byId('audio'), bar = byId('player'), fault = byId('player-fault');
  let queue = [], urls = [];

  // rest: what the buttons for the next and the one before go through.
  function play(track, rest = [track]) {
    queue = rest;
    state.playing = track;
    urls = urlsOf(pathOf(library, track), library.facts.folder, location.protocol);
    bar.hidden = false;
    document.body.classList.add('has-player');
    byId('playing').replaceChildren(make('strong', {}, bdi(titleOf(library, track))), make('span', {class: 'quiet'}, bdi(textOf(library, 'artist', track))));
    state.show(track);
    state.tell('playing', track);
    next();
  }

  function next() {
    fault.hidden = true;
    const url = urls.shift();
    if (url === undefined) {
      audio.removeAttribute('src');
      fault.textContent = library.status[state.playing] === MISSING ? 'The file was gone when last looked for.' : location.protocol === 'file:' ?
        'The browser cannot play this file: it may have moved, or be of a kind that the browser does not know.' :
        'The browser cannot play this file. A web server has to offer the music where it lies from this page; opened from the disk, the page plays it from there.';
      fault.hidden = false;
      return;
    }
    audio.src = url;
    const started = audio.play();
    // What cannot be loaded has its own event; that playing has to wait for a click is no fault.
    started?.catch(() => {});
  }

  function go(way) {
    const at = queue.indexOf(state.playing) + way;
    if (at >= 0 && at < queue.length) play(queue[at], queue);
  }

  audio.addEventListener('error', next);
  audio.addEventListener('ended', () => go(1));
  byId('play-before').addEventListener('click', () => go(-1));
  byId('play-next').addEventListener('click', () => go(1));
  return play;
}
