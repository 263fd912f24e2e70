// What is looked at: one object, and who wants to hear of its changes.

// decade: its first year, 'none' for tracks without one. spot: {name, at}, only tracks with this artist, album or
// folder.
const NO_FILTER = {genre: '', status: '', plan: '', decade: '', spot: null, chosenOnly: false};

function makeState(library) {
  const listeners = {};
  return {
    library,
    query: '', ...NO_FILTER,
    lit: new Uint8Array(library.count).fill(1),  // which tracks search and filters leave
    litCount: library.count,
    chosen: new Set(),
    current: -1,  // the track that the panel shows
    playing: -1,
    on(event, listener) { (listeners[event] ??= []).push(listener); },
    tell(event, ...values) { for (const listener of listeners[event] ?? []) listener(...values); },
    show(track) {
      if (track === this.current) return;
      this.current = track;
      this.tell('current', track);
    },
    choose(tracks) {
      this.chosen = new Set(tracks);
      this.tell('chosen');
    },
    toggle(track) {
      if (!this.chosen.delete(track)) this.chosen.add(track);
      this.tell('chosen');
    },
  };
}
