// SPDX-License-Identifier: MIT
#ifndef TLSMODE_STATUS_HPP
#define TLSMODE_STATUS_HPP

#include <cstddef>
#include <string_view>

namespace tlsmode {

/// What an operation on a connection, or on a transport, came to. Waiting is a status, not an error.
enum class [[nodiscard("it says whether to call again, and what to wait for")]] IoStatus {
  done,           ///< It succeeded; for a read or a write, with `bytes`.
  want_read,      ///< Nothing is lost: call again when the transport is readable.
  want_write,     ///< Nothing is lost: call again when the transport is writable.
  closed,         ///< The peer ended its side properly (close_notify). Writing is still possible.
  truncated,      ///< The input ended without close_notify: what was read may not be all that was sent.
  write_pending,  ///< Refused, nothing changed: an earlier write has to be finished or cancelled first.
  want_decision,  ///< Nothing is lost: OpenSSL waits for an answer of the program's; call again when there is one.
  failed,         ///< See error(). What is at fault, and whether the connection is still usable, is said there.
};

/// Gives the enumerator's name, such as "want_read".
[[nodiscard]] constexpr std::string_view name(IoStatus status) noexcept {
  switch (status) {
    case IoStatus::done: return "done";
    case IoStatus::want_read: return "want_read";
    case IoStatus::want_write: return "want_write";
    case IoStatus::closed: return "closed";
    case IoStatus::truncated: return "truncated";
    case IoStatus::write_pending: return "write_pending";
    case IoStatus::want_decision: return "want_decision";
    case IoStatus::failed: return "failed";
  }
  return {};
}

/// Whether `status` says to wait for the transport, and to call again.
[[nodiscard]] constexpr bool would_block(IoStatus status) noexcept {
  return status == IoStatus::want_read || status == IoStatus::want_write;
}

/// The result of a read. Units: bytes. `bytes` is 0 unless the status is done.
struct [[nodiscard("its status says whether to wait, and its bytes how many were read")]] ReadResult {
  IoStatus status;
  std::size_t bytes;
  [[nodiscard]] friend constexpr bool operator==(const ReadResult&, const ReadResult&) noexcept = default;
};

/// The result of a write. Units: bytes. `bytes` is 0 unless the status is done.
struct [[nodiscard("its status says whether to wait, and its bytes how many were taken")]] WriteResult {
  IoStatus status;
  std::size_t bytes;
  [[nodiscard]] friend constexpr bool operator==(const WriteResult&, const WriteResult&) noexcept = default;
};

}  // namespace tlsmode

#endif
