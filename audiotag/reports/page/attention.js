// What a person might look after: files that failed, tracks that are uncertain, what `tag` would do.

const NAMED = 50;

function showAttention(state, look) {
  const {library} = state;
  const failed = new Map(), uncertain = [], missing = [];
  for (let track = 0; track < library.count; track++) {
    if (library.status[track] === MISSING) missing.push(track);
    else if (library.status[track] === UNCERTAIN) uncertain.push(track);
    else if (library.status[track] !== OK) {
      const kind = textOf(library, 'kind', track) || 'failed';
      if (!failed.has(kind)) failed.set(kind, []);
      failed.get(kind).push(track);
    }
  }
  const faults = byId('faults');
  for (const [kind, tracks] of [...failed].sort(([one], [other]) => faultOf(library, one)[0] - faultOf(library, other)[0])) {
    faults.append(faultList(state, kind, tracks));
  }
  if (missing.length) faults.append(listed('missing', missing, 'Gone when last looked for; audiotag scan --prune forgets them.', (track) => trackLine(state, track)));
  if (!faults.childElementCount) faults.append(make('p', {class: 'empty'}, 'Nothing failed, and no file is missing.'));
  const lacks = new Map(uncertain.map((track) => [track, lackOf(library, track)]));
  uncertain.sort((one, other) => lacks.get(one) - lacks.get(other));
  if (uncertain.length) {
    byId('uncertain').append(
      make('p', {class: 'quiet'}, `${plural(uncertain.length, 'track')} whose likeliest genre is below its threshold, or is not written by default: tag writes nothing there. The nearest to it come first.`),
      make('ul', {class: 'lines'}, ...uncertain.slice(0, NAMED).map((track) => trackLine(state, track))),
      make('button', {type: 'button', class: 'plain', onclick: () => look({status: 'uncertain'})}, `All ${number(uncertain.length)} in the table`));
  } else byId('uncertain').append(make('p', {class: 'empty'}, 'No track is uncertain.'));
  const trouble = library.count - statusCounts(library)[OK];
  byId('attention-count').textContent = trouble ? number(trouble) : '';
}

// How much a track's first genre lacks of its threshold; of genres without one nothing is written whatever is sure.
function lackOf(library, track) {
  const threshold = library.facts.thresholds[library.facts.genres.indexOf(textOf(library, 'genre', track))];
  const confidence = confidenceOf(library, track);
  return (threshold ?? 2) - confidence;
}

const faultOf = (library, kind) => library.facts.kinds[kind] ?? library.facts.kinds.failed;

function faultList(state, kind, tracks) {
  const [at, meaning, passing] = faultOf(state.library, kind);
  const remedy = passing ? 'Waits: every scan tries again.' : 'Tried again when the file changes, or by audiotag scan --retry-failed.';
  return listed(`${kind} (${at})`, tracks, `${meaning}. ${remedy}`, (track) => trackLine(state, track, textOf(state.library, 'error', track)));
}

function listed(name, tracks, meaning, line) {
  const rest = tracks.length - NAMED;
  return make('details', {open: tracks.length <= 8},
    make('summary', {}, make('strong', {}, shown(name)), ` ${number(tracks.length)}`, make('span', {class: 'quiet'}, ` · ${meaning}`)),
    make('ul', {class: 'lines'}, ...tracks.slice(0, NAMED).map(line), rest > 0 ? make('li', {class: 'quiet'}, `and ${number(rest)} more, in the table`) : null));
}

// A track on one line; `why` instead of what was heard.
function trackLine(state, track, why = null) {
  const {library} = state;
  const artist = textOf(library, 'artist', track);
  const said = why ?? (isKnown(library, track) ? `${textOf(library, 'genre', track)} ${percent(confidenceOf(library, track))}` : '');
  return make('li', {}, make('button', {type: 'button', class: 'line', onclick: () => state.show(track), title: shown(pathOf(library, track))},
    make('span', {class: 'who'}, bdi(titleOf(library, track)), artist ? make('span', {class: 'quiet'}, ' ', bdi(artist)) : null),
    make('span', {class: 'said quiet'}, bdi(said))));
}

function showPlan(state, look) {
  const {library} = state;
  const written = new Map(), kept = new Map();
  let unknown = 0;
  for (let track = 0; track < library.count; track++) {
    const plan = planOf(library, track);
    if (plan === null) {
      unknown++;
      continue;
    }
    const [where, name] = plan.writes ? [written, planLine(plan)] : [kept, planKind(plan)];
    where.set(name, (where.get(name) ?? 0) + 1);
  }
  const byCount = (counts) => [...counts].sort(([, one], [, other]) => other - one);
  const total = [...written.values()].reduce((sum, count) => sum + count, 0);
  byId('plan-count').textContent = total ? number(total) : '';
  byId('plan-rules').textContent = `${plural(total, 'file')}, as of the last scan, with ` +
    Object.entries(library.facts.rules).map(([name, value]) => `${name} ${value}`).join(', ') + '. Nothing has been written by this page.' +
    (unknown ? ` And ${plural(unknown, 'file')} more, whose tags the library does not know: what tag would do there it says when it has looked.` : '');
  const most = Math.max(1, ...written.values());
  const rows = byCount(written).slice(0, 200).map(([line, count]) =>
    bar(bdi(line), number(count), [[count / most, 'sure']], () => look({plan: line})));
  byId('plan-list').append(rows.length ? make('ul', {class: 'bars wide'}, ...rows) : make('p', {class: 'empty'}, unknown ? 'Nothing in files whose tags are known.' : 'Nothing: no file would change.'));
  const keptMost = Math.max(1, ...kept.values());
  byId('plan-kept').append(...byCount(kept).map(([why, count]) =>
    bar(why, number(count), [[count / keptMost, 'unsure']], () => look({plan: why}))));
}
