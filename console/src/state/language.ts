// SPDX-License-Identifier: Apache-2.0
import { batch, computed, effect, signal } from '@preact/signals';
import { client } from '../api/http.ts';
import { type Language, type Localized, pick } from '../lib/language.ts';
import { formatNumber, formatWhole } from '../lib/number.ts';
import type { Words } from '../words/en.ts';
import { remember } from './memory.ts';

export const language = signal<Language>(document.documentElement.lang === 'zh-Hans' ? 'zh-Hans' : 'en');
const loaded = signal<Words | undefined>(undefined);
/** There before anything is drawn. */
export const words = computed<Words>(() => loaded.value!);

effect(() => {
  document.documentElement.lang = language.value;
  client.language = language.value;
});

/** Each language is a script of its own: a reader loads the one that is read. */
const load = async (of: Language): Promise<Words> => (of === 'en' ? (await import('../words/en.ts')).en : (await import('../words/zh.ts')).zh);

export async function loadWords(): Promise<void> {
  loaded.value = await load(language.peek());
}

/** Stays with the language that is there when the other one cannot be had. */
export async function toggleLanguage(): Promise<void> {
  const next: Language = language.peek() === 'en' ? 'zh-Hans' : 'en';
  const found = await load(next).catch(() => undefined);
  if (!found) return;
  batch(() => {
    language.value = next;
    loaded.value = found;
  });
  remember('pollux.language', next);
}

/** A model's own name for something, in the reader's language. */
export const said = (text: Localized): string | undefined => pick(text, language.value);

export const number = (value: number, digits: number): string => formatNumber(value, digits, language.value);

/** A whole number that is longer than a browser's. */
export const whole = (digits: string): string => formatWhole(digits, language.value);

/** 13:04:18, local time, always 24 hours. */
export const clockText = (ms: number, seconds = true): string => {
  const d = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(d.getHours())}:${two(d.getMinutes())}${seconds ? ':' + two(d.getSeconds()) : ''}`;
};

export const dateText = (ms: number): string =>
  new Date(ms).toLocaleDateString(language.value === 'en' ? 'en-GB' : 'zh-CN', { day: 'numeric', month: language.value === 'en' ? 'short' : 'long', year: 'numeric' });

export const instantText = (ms: number): string => (language.value === 'en' ? `${dateText(ms)}, ${clockText(ms)}` : `${dateText(ms)} ${clockText(ms)}`);

/** UTC+2, the zone of every clock on the page. */
export const zoneText = (ms: number): string => {
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  return 'UTC' + (minutes === 0 ? '' : (minutes > 0 ? '+' : '−') + Math.floor(size / 60) + (size % 60 ? ':' + String(size % 60).padStart(2, '0') : ''));
};
