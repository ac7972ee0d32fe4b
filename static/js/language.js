// Runs before the page is shown (a plain script, not a module): says which language the page is in. Until
// the words of a language other than that of the HTML are in place, nothing shows (components.css).

(() => {
  const SPOKEN = ['en', 'de'];
  let stored = null;
  try {
    stored = localStorage.getItem('allthrive.language');
  } catch {
    // Storage is forbidden: the browser's languages decide.
  }
  const wanted = [stored ?? '', ...navigator.languages, 'en'].map((tag) => tag.toLowerCase().split('-')[0]);
  const language = wanted.find((tag) => SPOKEN.includes(tag)) ?? 'en';
  const root = document.documentElement;
  if (language === root.lang) return;
  root.lang = language;
  root.dataset.wait = '';
})();
