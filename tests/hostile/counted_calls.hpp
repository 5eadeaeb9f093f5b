// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_HOSTILE_COUNTED_CALLS_HPP
#define TLSMODE_TESTS_HOSTILE_COUNTED_CALLS_HPP

#include <cstddef>

namespace hostile {

/// How often this program has called SSL_read_ex, SSL_write_ex, SSL_do_handshake and SSL_shutdown: the linker's --wrap.
[[nodiscard]] std::size_t ssl_calls() noexcept;

}  // namespace hostile

#endif
