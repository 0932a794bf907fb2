// SPDX-License-Identifier: Apache-2.0
// Enough of two languages to colour them; what is right in them is the server's to say.
import { StreamLanguage, type StreamParser } from '@codemirror/language';
import { FUNCTIONS, KEYWORDS } from '../../lib/complete.ts';

const json: StreamParser<null> = {
  startState: () => null,
  token: (stream) => {
    if (stream.eatSpace()) return null;
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return /^\s*:/.test(stream.string.slice(stream.pos)) ? 'propertyName' : 'string';
    if (stream.match(/^-?\d[\d.eE+-]*/)) return 'number';
    if (stream.match(/^(?:true|false|null)\b/)) return 'atom';
    stream.next();
    return null;
  },
  languageData: { closeBrackets: { brackets: ['{', '[', '"'] } },
};

const keywords = new Set(KEYWORDS.flatMap((word) => word.toUpperCase().split(' ')));

const query: StreamParser<null> = {
  startState: () => null,
  token: (stream) => {
    if (stream.eatSpace()) return null;
    if (stream.match(/^'(?:[^'\\]|\\.)*'?/) || stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string';
    if (stream.match(/^\d[\d.eE]*/)) return 'number';
    const behindDot = stream.string[stream.pos - 1] === '.';
    if (stream.match(/^[A-Za-z_$][\w$]*/)) {
      const word = stream.current().toUpperCase();
      if (behindDot) return null;
      return Object.hasOwn(FUNCTIONS, word) ? 'variableName.function' : keywords.has(word) ? 'keyword' : null;
    }
    stream.next();
    return null;
  },
  languageData: { closeBrackets: { brackets: ['(', '[', "'"] } },
};

export const languages = { json: StreamLanguage.define(json), query: StreamLanguage.define(query) };
