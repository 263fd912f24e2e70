// Paths are bytes. In a text, a byte that is no UTF-8 stands as U+DC80 to U+DCFF.

const encoder = new TextEncoder();

function bytesOf(path) {
  const bytes = [];
  for (const character of path) {
    const code = character.codePointAt(0);
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}

// Each byte but letters, digits and - . _ ~ / as %XX: no name can be taken for a query or a scheme.
function encodedPath(path) {
  let url = '';
  for (const byte of bytesOf(path)) {
    const character = String.fromCharCode(byte);
    url += byte < 128 && /[A-Za-z0-9\-._~/]/.test(character) ? character : '%' + byte.toString(16).toUpperCase().padStart(2, '0');
  }
  return url;
}

// The way from a folder to a file, both absolute: '../Music/a.mp3'.
function relativePath(path, folder) {
  const there = path.split('/').filter(Boolean), here = folder.split('/').filter(Boolean);
  let common = 0;
  while (common < there.length - 1 && common < here.length && there[common] === here[common]) common++;
  return [...here.slice(common).fill('..'), ...there.slice(common)].join('/');
}

// Where a browser may find a song, in the order to try: a page on the disk names the file itself, and then
// the way from page to file, should both have moved; one on a web server knows that way alone.
function urlsOf(path, folder, protocol) {
  const way = folder === null ? [] : ['./' + encodedPath(relativePath(path, folder))];
  return protocol === 'file:' ? ['file://' + encodedPath(path), ...way] : way;
}
