// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Binding, deleteBinding, readBinding, readReject, switchBinding } from '../../api/bindings.ts';
import { isRecord } from '../../lib/result.ts';
import { begin, changed, chosen, elsewhere, follow, hear, messages, leave, printBinding, renew, stored, text, tryLater } from '../../state/binding.ts';
import { number, words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { readNamed, useResource } from '../../state/resource.ts';
import { hrefTo, route } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { say } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { RemoveThing } from '../remove-thing.tsx';
import { Mapping } from './mapping.tsx';
import { Payload } from './payload.tsx';
import { Preview } from './preview.tsx';
import { Save } from './save.tsx';

/** Payload, mapping, preview: a binding is written on messages, and tried on them while it is written. */
export function BindingPage({ name }: { name: string }) {
  const w = words.value;
  const ready = useSignal(false);
  const { state, reload } = useResource(`binding ${name}`, (stop) => readNamed(name, () => readBinding(name, stop)));
  const { data, problem, loading } = state.value;
  const there = !loading && !problem;
  const stop = useRef(new AbortController());
  useEffect(() => {
    if (!there) return;
    if (ready.peek()) return void (data?.body.binding && follow(data.body.binding, data.etag));
    begin(data?.body.binding, data?.etag ?? '');
    ready.value = true;
    void takeReject(data?.body, stop.current.signal);
  }, [there, data]);
  useEffect(() => () => (stop.current.abort(), leave()), []);
  useEffect(tryLater, [text.value, messages.value]);
  if (!ready.value) {
    return (
      <div class="page">
        <h1 class="page-title">{name || w.newBinding}</h1>
        {problem?.status === 404 ? <Empty text={w.bindingGone(name)} /> : problem && !loading ? <Failed problem={problem} retry={reload} /> : <Loading rows={10} />}
      </div>
    );
  }
  return (
    <div class="page">
      <Head name={name} binding={data?.body} reload={reload} />
      <div class="binding-grid">
        <Payload />
        <Mapping />
        <Preview />
      </div>
    </div>
  );
}

function Head({ name, binding, reload }: { name: string; binding: Binding | undefined; reload: () => void }) {
  const w = words.value;
  const off = binding?.enabled === false;
  const figures = binding?.figures;
  const why = mayWrite.value ? {} : { disabled: true, title: w.readerOnly };
  const turn = async () => {
    const answer = await switchBinding(name, off);
    if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
    say({ text: (off ? w.bindingIsOn : w.bindingIsOff)(name), problem: false });
    reload();
  };
  return (
    <div class="twin-head">
      <div class="grow">
        <h1 class="page-title">{name || w.newBinding} {name && <span class="tag">{off ? w.off : w.on}</span>}</h1>
        <p class="twin-facts dim small">
          {figures && <span>{w.list([`${w.takenHead} ${number(figures.messages, 0)}`, `${w.valuesHead} ${number(figures.values, 0)}`, `${w.missedHead} ${number(figures.missed, 0)}`])}</span>}
          {!name && <span>{w.bindingsLead}</span>}
          <span role="status" class="strong-ish">{changed.value && text.value.trim() ? (name ? w.changedNotSaved : w.draftInBrowser) : ''}</span>
        </p>
      </div>
      <div class="twin-actions">
        {name && <Button label={off ? w.switchOn : w.switchOff} disabled={changed.value || !mayWrite.value} {...(changed.value ? { title: w.changedNotSaved } : why)} onClick={turn} />}
        {name && <RemoveThing title={w.removeBindingTitle(name)} lead={w.removeBindingLead} remove={() => deleteBinding(name)} done={w.bindingRemoved(name)} to={hrefTo('bindings')} />}
        <Save name={name} done={reload} />
      </div>
      <Elsewhere />
    </div>
  );
}

/** Two who write at once: nothing is overwritten, here or there, before it is said which of the two it shall be. */
function Elsewhere() {
  const w = words.value;
  const other = elsewhere.value;
  if (!other) return null;
  return (
    <p class="elsewhere" role="alert">
      <span class="grow">{w.savedElsewhere}</span>
      <Button label={w.takeTheirs} onClick={() => renew(other.document, other.tag)} />
      <Button label={w.keepMine} onClick={() => stored(printBinding(other.document), other.tag)} />
    </p>
  );
}

/** The message that could not be mapped, when one comes from the list of rejects. */
async function takeReject(binding: Binding | undefined, stop: AbortSignal): Promise<void> {
  const number_ = route.peek().query['reject'];
  if (!number_) return;
  const answer = await readReject(number_, stop);
  if (stop.aborted) return;
  if (!answer.ok) return say({ text: problemText(answer.error), problem: true });
  if (!answer.value) return say({ text: words.peek().noReject(number_), problem: true });
  const source = binding?.binding?.['source'];
  const topic = answer.value.source ?? (isRecord(source) && typeof source['mqtt'] === 'string' ? source['mqtt'] : '');
  hear({ topic, payload: answer.value.payload, at: Date.parse(answer.value.time) });
  chosen.value = topic;
}
