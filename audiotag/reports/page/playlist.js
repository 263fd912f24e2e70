// Chosen tracks as a playlist, or as a list of paths. Names are bytes, and go out as they are; what is
// said of them is text.

const isOneLine = (path) => !/[\n\r]/.test(path);
const inPlaylist = (text) => shown(text.trim());

// Bytes of lines; '\n' after each.
function linesAsBytes(lines) {
  const parts = [];
  for (const line of lines) parts.push(bytesOf(line), Uint8Array.of(10));
  return parts;
}

// folder: paths are written as the way from there; null: absolute. Names with ends of lines cannot stand in one.
function playlistLines(library, tracks, folder) {
  const lines = ['#EXTM3U'];
  for (const track of tracks) {
    const path = pathOf(library, track);
    if (!isOneLine(path)) continue;
    const seconds = library.seconds[track] === NONE_16 ? -1 : library.seconds[track];
    const who = [textOf(library, 'artist', track), titleOf(library, track)].filter(Boolean).map(inPlaylist).join(' - ');
    lines.push(`#EXTINF:${seconds},${who}`, folder === null ? path : plainStart(relativePath(path, folder)));
  }
  return lines;
}

// What begins with # would be a comment, or with a word and a colon an address; space at the beginning goes.
const plainStart = (path) => (/^[#\s]|^[^/]*:/.test(path) ? './' + path : path);

const pathLines = (library, tracks) => tracks.map((track) => pathOf(library, track)).filter(isOneLine);

function download(name, type, lines) {
  const url = URL.createObjectURL(new Blob(linesAsBytes(lines), {type}));
  const link = make('a', {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
