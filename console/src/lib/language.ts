// SPDX-License-Identifier: Apache-2.0

export type Language = 'en' | 'zh-Hans';

/** DTDL's localizable string: one text, or a text per language tag. */
export type Localized = string | Readonly<Record<string, string>> | undefined;

/** The text in the reader's language, else the nearest one: zh for zh-Hans, then English, then any. */
export function pick(text: Localized, language: Language): string | undefined {
  if (text === undefined || typeof text === 'string') return text;
  const short = language.split('-')[0]!;
  const near = Object.keys(text).find((tag) => tag.toLowerCase().split('-')[0] === short);
  return text[language] ?? (near && text[near]) ?? text['en'] ?? Object.values(text)[0];
}
