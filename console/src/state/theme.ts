// SPDX-License-Identifier: Apache-2.0
import { computed, effect, signal } from '@preact/signals';
import { recall, remember } from './memory.ts';

export type Theme = 'system' | 'light' | 'dark';

const ORDER: readonly Theme[] = ['system', 'light', 'dark'];
const kept = recall('pollux.theme');
export const theme = signal<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system');

const system = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(system.matches);
system.addEventListener('change', () => (systemDark.value = system.matches));

export const contrast = signal(matchMedia('(prefers-contrast: more)').matches);
/** Changes whenever colours do; what draws on a canvas reads it. */
export const palette = computed(() => (contrast.value ? 'contrast' : theme.value === 'system' ? (systemDark.value ? 'dark' : 'light') : theme.value));

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
});

export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length]!;
  remember('pollux.theme', theme.value === 'system' ? undefined : theme.value);
}
