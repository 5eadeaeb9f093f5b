// SPDX-License-Identifier: MIT
#ifndef TLSMODE_PENDING_WRITE_HPP
#define TLSMODE_PENDING_WRITE_HPP

#include <cstddef>

namespace tlsmode {

/// A write that blocked, as connection.pending_write() shows it. Units: bytes.
struct PendingWrite {
  std::size_t length = 0;              ///< how many bytes were given to write(); 0 when nothing is pending
  std::size_t committed = 0;           ///< how many of them the peer gets whatever the caller does next
  const std::byte* address = nullptr;  ///< where they were; null when nothing is pending
};

}  // namespace tlsmode

#endif
