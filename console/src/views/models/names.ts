// SPDX-License-Identifier: Apache-2.0
import { type Localized, pick } from '../../lib/language.ts';
import { isRecord } from '../../lib/result.ts';
import { language } from '../../state/language.ts';
import { route } from '../../state/route.ts';

/** A name in the language that is looked at: the reader's, unless another was chosen. */
export const inLanguage = (text: Localized): string | undefined => {
  const chosen = route.value.query['lang'];
  return isRecord(text) && chosen && text[chosen] ? text[chosen] : pick(text, language.value);
};
