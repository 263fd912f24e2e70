// The views, one at a time, and the colours of day and night.

function makeTabs(changed) {
  const tabs = [...document.querySelectorAll('[role="tab"]')];

  function show(name) {
    for (const tab of tabs) {
      const here = tab.getAttribute('aria-controls') === name;
      tab.setAttribute('aria-selected', String(here));
      tab.tabIndex = here ? 0 : -1;
      byId(tab.getAttribute('aria-controls')).hidden = !here;
    }
    document.body.dataset.view = name;
    changed(name);
  }

  const KEYS = {ArrowRight: 1, ArrowLeft: -1};
  for (const [at, tab] of tabs.entries()) {
    tab.addEventListener('click', () => show(tab.getAttribute('aria-controls')));
    tab.addEventListener('keydown', (event) => {
      if (!(event.key in KEYS)) return;
      const next = tabs[(at + KEYS[event.key] + tabs.length) % tabs.length];
      next.focus();
      show(next.getAttribute('aria-controls'));
    });
  }
  return show;
}

// As the system has it, or as the button says; kept where the browser lets a page keep something.
function makeTheme(changed) {
  const NAMES = ['system', 'light', 'dark'], SIGNS = {system: '◐', light: '☀', dark: '☾'};
  const system = matchMedia('(prefers-color-scheme: dark)');
  const button = byId('theme');
  let name = 'system';

  function take(wanted) {
    name = NAMES.includes(wanted) ? wanted : 'system';
    document.documentElement.dataset.theme = name === 'system' ? (system.matches ? 'dark' : 'light') : name;
    button.textContent = SIGNS[name];
    button.setAttribute('aria-label', name === 'system' ? 'Colours: as the system has them' : `Colours: ${name}`);
    button.title = button.getAttribute('aria-label');
    changed();
  }

  button.addEventListener('click', () => {
    take(NAMES[(NAMES.indexOf(name) + 1) % NAMES.length]);
    try { localStorage.setItem('audiotag-theme', name); } catch { /* a page may be forbidden to keep anything */ }
  });
  system.addEventListener('change', () => take(name));
  return {
    now: () => document.documentElement.dataset.theme,
    start() {
      let kept = 'system';
      try { kept = localStorage.getItem('audiotag-theme'); } catch { /* as above */ }
      take(kept);
    },
  };
}
