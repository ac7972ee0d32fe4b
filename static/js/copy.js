// Puts a text where the next paste takes it from.

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether the browser did it: it may not be allowed to, or not by this address
 */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
