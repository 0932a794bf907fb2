// SPDX-License-Identifier: Apache-2.0
import { computed, effect, signal } from '@preact/signals';
import { client } from '../api/http.ts';
import { type Language, type Localized, pick } from '../lib/language.ts';
import { formatNumber } from '../lib/number.ts';
import { en } from '../words/en.ts';
import { zh } from '../words/zh.ts';
import { remember } from './memory.ts';

export const language = signal<Language>(document.documentElement.lang === 'zh-Hans' ? 'zh-Hans' : 'en');
export const words = computed(() => (language.value === 'en' ? en : zh));

effect(() => {
  document.documentElement.lang = language.value;
  client.language = language.value;
});

export function toggleLanguage(): void {
  language.value = language.value === 'en' ? 'zh-Hans' : 'en';
  remember('pollux.language', language.value);
}

/** A model's own name for something, in the reader's language. */
export const said = (text: Localized): string | undefined => pick(text, language.value);

export const number = (value: number, digits: number): string => formatNumber(value, digits, language.value);

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
