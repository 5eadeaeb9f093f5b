// SPDX-License-Identifier: MIT
#ifndef TLSMODE_BENCH_SUPPORT_IDENTITY_HPP
#define TLSMODE_BENCH_SUPPORT_IDENTITY_HPP

#include "peer.hpp"

namespace bench {

Identity make_identity(bool in_a_chain = false);

}  // namespace bench

#endif
