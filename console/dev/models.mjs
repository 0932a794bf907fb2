// SPDX-License-Identifier: Apache-2.0
// Models for the development server only; the real ones are in packs/manufacturing.
const P = 'dtmi:pollux:manufacturing:';
const both = (en, zh) => ({ en, 'zh-Hans': zh });
const prop = (name, schema, label, more = {}) => ({ '@type': 'Property', name, schema, displayName: label, ...more });
const tele = (name, schema, label, unit) => ({ '@type': 'Telemetry', name, schema, displayName: label, ...(unit ? { unit } : {}) });
const words = (pairs) => ({ '@type': 'Enum', valueSchema: 'string', enumValues: pairs.map(([v, en, zh]) => ({ name: v, enumValue: v, displayName: both(en, zh) })) });
const rel = (name, label) => ({ '@type': 'Relationship', name, displayName: label });
const face = (name, label, contents) => ({ '@context': 'dtmi:dtdl:context;3', '@id': `${P}${name};1`, '@type': 'Interface', displayName: label, contents });
const name = prop('name', 'string', both('Name', '名称'));

const states = words([
  ['running', 'Running', '运行'], ['stopped', 'Stopped', '停止'], ['starved', 'Starved', '缺料'],
  ['blocked', 'Blocked', '阻塞'], ['fault', 'Fault', '故障'], ['setup', 'Set-up', '换型'],
]);
const reasons = words([['none', 'none', '无'], ['operator', 'by operator', '人工'], ['jam', 'jam', '卡料'], ['noInput', 'no input', '无来料'], ['outputFull', 'output full', '下游已满']]);

export const MODELS = new Map([
  face('Site', both('Site', '厂区'), [name, rel('contains', both('contains', '包含'))]),
  face('Area', both('Area', '区域'), [name, rel('contains', both('contains', '包含'))]),
  face('Line', both('Line', '产线'), [name, tele('rate', 'double', both('Rate', '产量'), 'perMinute'), prop('orderId', 'string', both('Order', '订单')), rel('contains', both('contains', '包含'))]),
  face('Buffer', both('Buffer', '缓冲区'), [name, tele('level', 'integer', both('Level', '存量')), prop('capacity', 'integer', both('Capacity', '容量')), rel('feeds', both('feeds', '供料给'))]),
  face('WorkUnit', both('Work unit', '工作单元'), [
    name, prop('state', states, both('State', '状态')), prop('reason', reasons, both('Reason', '原因')),
    tele('goodCount', 'long', both('Good count', '合格数')), tele('rejectCount', 'long', both('Reject count', '次品数')), tele('totalCount', 'long', both('Total count', '总数')),
    tele('cycleTime', 'double', both('Cycle time', '节拍'), 'second'), prop('idealCycleTime', 'double', both('Ideal cycle time', '理想节拍'), { unit: 'second' }),
    tele('power', 'double', both('Power', '功率'), 'kilowatt'), tele('bearingTemperature', 'double', both('Bearing temperature', '轴承温度'), 'degreeCelsius'),
    tele('vibrationRms', 'double', both('Vibration RMS', '振动有效值'), 'millimetrePerSecond'),
    prop('run', 'boolean', both('Run', '运行许可'), { writable: true }),
    rel('feeds', both('feeds', '供料给')),
    { '@type': 'Command', name: 'stop', displayName: both('Stop', '停止') }, { '@type': 'Command', name: 'start', displayName: both('Start', '启动') },
  ]),
].map((model) => [model['@id'], model]));

export const modelId = (short) => `${P}${short};1`;
