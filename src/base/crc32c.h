/* SPDX-License-Identifier: Apache-2.0 */
/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), the check of every journal row, state row and
 * block. Threads: any. */
#ifndef PX_BASE_CRC32C_H
#define PX_BASE_CRC32C_H

#include "base/str.h"

/* `crc` is 0 for the first part, the result so far for the next. "123456789" gives 0xE3069283. */
uint32_t px_crc32c(uint32_t crc, px_str bytes);

#endif
