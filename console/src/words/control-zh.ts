// SPDX-License-Identifier: Apache-2.0
import type { controlEn } from './control-en.ts';

export const controlZh: typeof controlEn = {
  wishStatus: '状态',
  wishStatuses: { pending: '待下发', delivered: '已下发', applied: '已生效', rejected: '被拒绝', 'timed out': '已超时' },
  wishEnds: (time) => `${time} 到期`,
  set: '设置',
  setTitle: (name) => `${name}的期望值`,
  setLead: '设备立即收到，或在下次连接时收到。',
  takeBack: '撤回',
  endsAfter: '有效时间',
  endsNever: '一直有效',
  endSpans: { '60': '1 分钟', '3600': '1 小时', '86400': '1 天' },
  wished: (name) => `${name}：已设置期望值。`,
  wishTaken: (name) => `${name}：已撤回期望值。`,
  shapeWrong: (text) => `“${text}”不属于此类型。`,
  shapeWrongAt: (path, text) => `${path}：“${text}”不属于此类型。`,
  shapeWanted: { integer: '请填写整数，例如 42。', number: '请填写数字，例如 1900.5。', json: '请填写 JSON，例如 [1, 2]。' },

  call: '调用',
  callTitle: (name) => `调用${name}`,
  callLead: (seconds) => `设备须在 ${seconds} 秒内应答。`,
  timeoutHead: '超时',
  timeoutSpans: { '5': '5 秒', '30': '30 秒', '120': '2 分', '600': '10 分' },
  noArgument: '无需参数。',
  payloadOf: '参数',
  responseOf: '应答',
  executions: '调用记录',
  noExecutions: '还没有调用。',
  olderExecutions: '只列出了前 500 条：pollux command list',
  calledBy: (who) => `由 ${who} 调用`,
  answeredBy: (who) => `由 ${who} 结束`,

  freshnessOf: (state) => ({ fresh: '最新', late: '迟到', stale: '陈旧', unknown: '新鲜度未知' })[state] ?? state,
  freshnessSince: (state, age) => `${state}，已 ${age}`,
  freshCounts: (fresh, all) => `${all} 个数值中 ${fresh} 个最新`,
  worstOf: (id) => `最差：${id}`,
};
