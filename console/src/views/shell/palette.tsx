// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { listModels } from '../../api/models.ts';
import { listTwins, type TwinRow } from '../../api/twins.ts';
import { shortName } from '../../lib/families.ts';
import { words } from '../../state/language.ts';
import { modelName } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { signOut } from '../../state/session.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { appearanceActions, shownDialog } from './keys.tsx';

interface Item {
  group: string;
  icon: IconName;
  name: string;
  note: string;
  run: () => void;
}

const SHOWN_MAX = 12;

/** One field over twins, views and actions: arrows choose, Enter does it. */
export function Palette() {
  const w = words.value;
  const text = useSignal('');
  const at = useSignal(0);
  const twins = useSignal<TwinRow[]>([]);
  const models = useSignal<string[]>([]);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    void listTwins().then((answer) => answer.ok && (twins.value = answer.value.items));
    void listModels(undefined, false).then((answer) => answer.ok && (models.value = answer.value.map((row) => row.id)));
  }, []);

  const close = () => (shownDialog.value = undefined);
  const items = matching(text.value, twins.value, models.value, w).slice(0, SHOWN_MAX);
  const chosen = Math.min(at.value, items.length - 1);
  const run = (item: Item | undefined) => {
    if (!item) return;
    close();
    item.run();
  };
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      at.value = (chosen + step + items.length) % Math.max(1, items.length);
    } else if (event.key === 'Enter') run(items[chosen]);
  };

  return (
    <Dialog label={w.search} onClose={close}>
      <div class="palette-field">
        <Icon name="search" />
        <input
          ref={field} role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label={w.search} placeholder={w.search}
          aria-activedescendant={items.length > 0 ? `palette-${chosen}` : undefined} spellcheck={false} autocomplete="off"
          value={text.value} onInput={(e) => ((text.value = e.currentTarget.value), (at.value = 0))} onKeyDown={key}
        />
      </div>
      <ul id="palette-list" class="palette-list" role="listbox" aria-label={w.search}>
        {items.map((item, i) => (
          <li key={i} id={`palette-${i}`} role="option" aria-selected={i === chosen} onClick={() => run(item)} onPointerMove={(e) => moved(e) && (at.value = i)}>
            <Icon name={item.icon} /><span class="clip">{item.name}</span><span class="faint small clip">{item.note}</span>
            <span class="grow" /><span class="faint tiny">{item.group}</span>
          </li>
        ))}
      </ul>
      {items.length === 0 && <p class="palette-none dim">{w.searchEmpty(text.value)}</p>}
    </Dialog>
  );
}

/** A browser also sends this event when the list changes under a pointer that rests. */
const moved = (event: PointerEvent): boolean => event.movementX !== 0 || event.movementY !== 0;

/** Views and actions as well as twins, those first whose name begins with what was typed. `>` asks
 *  for actions only, `@` for twins, `#` for models. */
function matching(text: string, twins: readonly TwinRow[], models: readonly string[], w: typeof words.value): Item[] {
  const only = text.startsWith('>') ? w.actions : text.startsWith('@') ? w.twins : text.startsWith('#') ? w.models : '';
  const sought = text.replace(/^[>@#]\s*/, '').toLowerCase();
  const all = [...commandItems(w), ...twins.map((row) => twinItem(row, w)), ...models.map((id) => modelItem(id, w))];
  const score = (item: Item) => {
    const name = item.name.toLowerCase();
    return name.startsWith(sought) ? 0 : name.includes(sought) ? 1 : item.note.toLowerCase().includes(sought) ? 2 : 3;
  };
  return all
    .filter((item) => (!only || item.group === only) && score(item) < 3)
    .sort((a, b) => score(a) - score(b));
}

function commandItems(w: typeof words.value): Item[] {
  return [
    { group: w.views, icon: 'overview', name: w.overview, note: '', run: () => go(hrefTo('overview')) },
    { group: w.views, icon: 'twins', name: w.twins, note: '', run: () => go(hrefTo('twins')) },
    { group: w.views, icon: 'model', name: w.models, note: '', run: () => go(hrefTo('models')) },
    { group: w.views, icon: 'query', name: w.query, note: '', run: () => go(hrefTo('query')) },
    { group: w.views, icon: 'device', name: w.devices, note: '', run: () => go(hrefTo('devices')) },
    { group: w.views, icon: 'device', name: w.bindings, note: w.devices, run: () => go(hrefTo('bindings')) },
    { group: w.views, icon: 'device', name: w.rejects, note: w.devices, run: () => go(hrefTo('rejects')) },
    { group: w.views, icon: 'device', name: w.sources, note: w.devices, run: () => go(hrefTo('sources')) },
    { group: w.views, icon: 'device', name: w.claims, note: w.devices, run: () => go(hrefTo('claims')) },
    { group: w.views, icon: 'device', name: w.issuers, note: w.devices, run: () => go(hrefTo('issuers')) },
    { group: w.actions, icon: 'plus', name: w.addDevice, note: 'MQTT', run: () => go(hrefTo('devices', NEW)) },
    { group: w.actions, icon: 'plus', name: w.newBinding, note: 'MQTT', run: () => go(hrefTo('bindings', NEW)) },
    { group: w.actions, icon: 'plus', name: w.newConnection, note: 'MQTT, Modbus', run: () => go(hrefTo('sources', NEW)) },
    { group: w.actions, icon: 'plus', name: w.newIssuer, note: 'JWT', run: () => go(hrefTo('issuers', NEW)) },
    { group: w.actions, icon: 'plus', name: w.newModel, note: 'DTDL', run: () => go(hrefTo('models', NEW)) },
    { group: w.actions, icon: 'command', name: w.toOtherLanguage, note: w.language, run: appearanceActions.language },
    { group: w.actions, icon: 'light', name: w.theme, note: `${w.themeSystem}, ${w.themeLight}, ${w.themeDark}`, run: appearanceActions.theme },
    { group: w.actions, icon: 'keys', name: w.keys, note: '?', run: () => (shownDialog.value = 'keys') },
    { group: w.actions, icon: 'exit', name: w.signOut, note: '', run: () => void signOut() },
  ];
}

const twinItem = (row: TwinRow, w: typeof words.value): Item => {
  const name = nameOf(row.id);
  return { group: w.twins, icon: 'model', name, note: name === row.id ? modelName(row.model) : `${row.id} · ${modelName(row.model)}`, run: () => go(hrefTo('twin', row.id)) };
};

const modelItem = (id: string, w: typeof words.value): Item => ({ group: w.models, icon: 'model', name: shortName(id), note: id, run: () => go(hrefTo('models', id)) });
