// SPDX-License-Identifier: Apache-2.0
import { localized } from '../../lib/contents.ts';
import { shortName, versionOf, withBases } from '../../lib/families.ts';
import { isRecord } from '../../lib/result.ts';
import type { Catalog } from '../../state/catalog.ts';
import { language, words } from '../../state/language.ts';
import { go, hrefTo, hrefWith, route } from '../../state/route.ts';
import { Icon } from '../../ui/icon.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { inLanguage } from './names.ts';

const NAMES: Record<string, string> = { en: 'English', zh: '中文', 'zh-Hans': '中文', de: 'Deutsch', fr: 'Français', es: 'Español', ja: '日本語', 'zh-Hant': '繁體中文' };

/** Where the model comes from, and what it says about itself, in any of its languages. */
export function Inspector({ id, catalog, languages }: { id: string; catalog: Catalog; languages: readonly string[] }) {
  const w = words.value;
  const document = catalog.documents.get(id);
  const lineage = withBases(id, catalog.families).reverse();
  const chosen = route.value.query['lang'] ?? languages.find((tag) => tag === language.value) ?? languages.find((tag) => tag.startsWith(language.value.slice(0, 2))) ?? languages[0] ?? '';
  return (
    <aside class="inspector" aria-label={w.inheritance}>
      <h2 class="faint small">{w.inheritance}</h2>
      <ol class="lineage">
        {lineage.map((one, i) => (
          <li key={one}>
            {one === id ? <span class="chip current" aria-current="true">{chipText(one)}</span> : <a class="chip" href={hrefTo('models', one)} title={one}>{chipText(one)}</a>}
            {i < lineage.length - 1 && <Icon name="next" size={12} />}
          </li>
        ))}
      </ol>
      <div class="inspector-head">
        <h2 class="faint small grow">{w.description}</h2>
        {languages.length > 1 && (
          <Segmented
            label={w.namesIn} value={chosen} options={languages.slice(0, 4).map((tag) => ({ value: tag, label: NAMES[tag] ?? tag }))}
            onChange={(tag) => go(hrefWith({ lang: tag }))}
          />
        )}
      </div>
      <p class="dim">{(isRecord(document) && inLanguage(localized(document['description']))) || w.noDescription}</p>
    </aside>
  );
}

const chipText = (id: string): string => `${shortName(id)};${versionOf(id)}`;
