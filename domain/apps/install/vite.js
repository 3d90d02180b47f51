// Queues calls until the script is loaded.
const call = (...words) => (window.tenantry ||= []).push(words);

export const track = (name, properties) => call('track', name, properties);
export const identify = (userId, traits) => call('identify', userId, traits);
export const consent = (yes) => call('consent', yes);

call('init', { endpoint: '{{endpoint}}', key: import.meta.env.VITE_TENANTRY_KEY });
const script = document.createElement('script');
script.src = '{{base}}/sdk/v1/tenantry.js';
document.head.append(script);

// Sends a page view for each path, with any router.
let shown;
function look() {
  if (shown !== location.pathname) {
    shown = location.pathname;
    call('page', { path: shown });
  }
}
for (const name of ['pushState', 'replaceState']) {
  const go = history[name];
  history[name] = (...given) => {
    go.apply(history, given);
    look();
  };
}
addEventListener('popstate', look);
look();
