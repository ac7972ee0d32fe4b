// The kinds of questions: what a new one holds, and what stays of it when its kind is changed.

/** In the order in which they are offered. */
export const KINDS = /** @type {const} */ (['single_choice', 'multiple_choice', 'true_false', 'swipe', 'short_text', 'numeric', 'ordering', 'matching', 'survey', 'open', 'slide']);

/** @typedef {(typeof KINDS)[number]} Kind */

export const MOST_OPTIONS = 12;
/** Seconds that are offered; 0 is no limit. */
export const SECONDS = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 0];
export const POINTS = [0, 500, 1000, 2000];

/** @param {Kind} type @returns {any} */
export function blank(type) {
  const base = { stem: '', limit_ms: 20_000, points: 1000 };
  const option = (correct = false) => ({ text: '', correct });
  switch (type) {
    case 'single_choice': return { ...base, type, options: [option(true), option(), option(), option()] };
    case 'multiple_choice': return { ...base, type, options: [option(true), option(), option(), option()], grading: 'all_or_nothing' };
    case 'true_false': return { ...base, type, key: true };
    case 'swipe': return { ...base, type, options: [option(true), option()] };
    case 'short_text': return { ...base, type, accepted: [{ text: '', percent: 100 }], case_sensitive: false };
    case 'numeric': return { ...base, type, value: 0, tolerance: 0 };
    case 'ordering': return { ...base, type, items: ['', '', ''], grading: 'all_or_nothing' };
    case 'matching': return { ...base, type, pairs: [{ left: '', right: '' }, { left: '', right: '' }], grading: 'all_or_nothing' };
    case 'survey': return { ...base, type, options: ['', ''], multiple: false, points: 0 };
    case 'open': return { ...base, type, limit_ms: 60_000, points: 0 };
    case 'slide': return { stem: '', type, points: 0 };
  }
}

/** The texts that can be chosen, whatever kind they stand in. @param {any} question @returns {string[]} */
function texts(question) {
  if (question.items) return question.items;
  if (question.pairs) return question.pairs.map((/** @type {any} */ pair) => pair.left);
  return (question.options ?? []).map((/** @type {any} */ option) => (typeof option === 'string' ? option : option.text));
}

/** The question as another kind, with what both have. @param {any} question @param {Kind} type */
export function changed(question, type) {
  const next = blank(type);
  for (const name of ['stem', 'explanation', 'hint', 'image', 'notes', 'limit_ms']) {
    if (question[name] !== undefined && (type !== 'slide' || name !== 'limit_ms')) next[name] = question[name];
  }
  if (question.type !== 'survey' && question.type !== 'open' && question.type !== 'slide' && next.points) next.points = question.points || next.points;
  const had = texts(question);
  if (!had.some(Boolean)) return next;
  if (next.items) next.items = had;
  else if (next.pairs) next.pairs = had.map((left) => ({ left, right: '' }));
  else if (type === 'survey') next.options = had;
  else if (next.options) {
    const kept = had.slice(0, type === 'swipe' ? 2 : MOST_OPTIONS).map((text, at) => ({ ...(question.options?.[at]?.text !== undefined ? question.options[at] : {}), text, correct: Boolean(question.options?.[at]?.correct) }));
    let found = false;
    next.options = kept.map((option) => {
      const correct = option.correct && (type === 'multiple_choice' || !found);
      found ||= correct;
      return { ...option, correct };
    });
    if (!found) next.options[0].correct = true;
  }
  return next;
}

/** The form in which a player sees it, for the preview: the ids are places. @param {any} question */
export function formOf(question) {
  const shown = (/** @type {any[]} */ list) => list.map((option, id) => (typeof option === 'string' ? { id, text: option } : { id, text: option.text, image: option.image }));
  switch (/** @type {Kind} */ (question.type)) {
    case 'true_false': return { form: 'one', options: [] };
    case 'single_choice':
    case 'swipe': return { form: 'one', options: shown(question.options) };
    case 'multiple_choice': return { form: 'some', options: shown(question.options) };
    case 'survey': return { form: question.multiple ? 'some' : 'one', options: shown(question.options) };
    case 'short_text':
    case 'open': return { form: 'text', most_chars: 200 };
    case 'numeric': return { form: 'number' };
    case 'ordering': return { form: 'order', items: shown(question.items) };
    case 'matching': return { form: 'pairs', left: shown(question.pairs.map((/** @type {any} */ pair) => pair.left)), right: shown([...question.pairs.map((/** @type {any} */ pair) => pair.right), ...(question.distractors ?? [])].sort()) };
    case 'slide': return { form: 'nothing' };
  }
}
