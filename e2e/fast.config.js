import base from './playwright.config.js';
export default { ...base, timeout: 80_000, expect: { timeout: 10_000 }, use: { ...base.use, trace: 'off' } };
