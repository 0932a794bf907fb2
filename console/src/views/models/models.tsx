// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { shortName, versionOf } from '../../lib/families.ts';
import { useCatalog, useTwinCounts } from '../../state/catalog.ts';
import { words } from '../../state/language.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { CommandLine, Empty, Failed, Loading } from '../../ui/states.tsx';
import { useHead } from '../shell/head.ts';
import { useNewKey } from '../shell/keys.tsx';
import { Draft } from './draft.tsx';
import { ModelPage } from './page.tsx';
import { Tree } from './tree.tsx';
import { takeFiles, takePaste } from './upload.ts';

/** All models as a tree, and beside it one of them, or the draft of new ones. */
export function ModelsView({ id }: { id: string }) {
  const w = words.value;
  const { state, reload } = useCatalog();
  const { data, problem, loading } = state.value;
  const counts = useTwinCounts().value.data;
  const dropping = useSignal(false);
  useHead([{ label: w.models, ...(id ? { href: hrefTo('models') } : {}) }, ...(id ? [{ label: id === NEW ? w.draft : `${shortName(id)};${versionOf(id)}` }] : [])]);
  useNewKey(() => go(hrefTo('models', NEW)));
  useEffect(() => {
    addEventListener('paste', takePaste);
    return () => removeEventListener('paste', takePaste);
  }, []);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    dropping.value = false;
    void takeFiles(event.dataTransfer?.files);
  };
  return (
    <div
      class={`split${id ? ' chosen' : ''}`} onDrop={drop} onDragLeave={() => (dropping.value = false)}
      onDragOver={(e) => e.dataTransfer?.types.includes('Files') && (e.preventDefault(), (dropping.value = true))}
    >
      <aside class="split-side" aria-label={w.models}>
        {!data && (problem && !loading ? <Failed problem={problem} retry={reload} /> : <div class="panel-body"><Loading rows={12} /></div>)}
        {data && <Tree catalog={data} counts={counts} chosen={id} stale={problem ? state.value.at : undefined} />}
      </aside>
      <div class="split-main">
        {id === NEW ? <Draft catalog={data} />
          : data && id ? (data.rows.has(id) ? <ModelPage key={id} id={id} catalog={data} counts={counts} /> : loading ? <div class="page"><Loading rows={10} /></div> : <Empty text={w.modelGone(id)} />)
          : data && data.rows.size === 0 ? <Empty text={w.noModels}><CommandLine text="pollux model upload packs/manufacturing/models" /></Empty>
          : data && <p class="split-hint dim">{w.chooseModel}</p>}
      </div>
      {dropping.value && <p class="drop strong" role="status">{w.dropHere}</p>}
    </div>
  );
}

