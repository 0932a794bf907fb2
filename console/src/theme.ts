// SPDX-License-Identifier: Apache-2.0
// Runs before the first paint, so that a chosen theme and language never flash the other one.
const root = document.documentElement;
try {
  const theme = localStorage.getItem('pollux.theme');
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  const language = localStorage.getItem('pollux.language') ?? navigator.language;
  root.lang = language.startsWith('zh') ? 'zh-Hans' : 'en';
} catch {
  // Storage may be forbidden; the system's theme and English hold then.
}
export {};
