// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_WRITER_HPP
#define TLSMODE_ENGINE_WRITER_HPP

#include <concepts>
#include <cstddef>
#include <span>

#include <openssl/ssl.h>

#include <tlsmode/pending_write.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// Whether the same call, made again, goes on from here.
[[nodiscard]] constexpr bool goes_on(IoStatus status) noexcept {
  return would_block(status) || status == IoStatus::want_decision;
}

/// What a writer came to. `settled`: the status is what `settle` made of OpenSSL's answer, and a failure has its error
/// already. Else a failure is the transport's, or has the errno `reason`.
struct Written {
  IoStatus status = IoStatus::done;
  std::size_t bytes = 0;  // that were accepted for the peer; 0 unless done
  bool settled = false;
  int reason = 0;
};

/// The rule by which bytes to write become committed: who keeps those that are not, and what the caller is told.
/// `settle(returned)` makes a status of what SSL_write_ex answered.
/// holds_output: plaintext waits here, of which the caller has been told that it is accepted. pending: the write that the
/// caller has to finish; zeros under a rule that leaves none. gather: takes `bytes` without any call on OpenSSL, or
/// nothing; a rule that holds no output never does. write: also goes on with a pending write, which `bytes` begin with.
/// hold: remembers a write of which nothing is committed, while the handshake waits; under a rule that leaves nothing
/// pending, the caller simply writes again. cancel: how many bytes of the pending write are committed.
// clang-format off
template <typename W, typename Engine>
concept WriterType = requires(W& writer, const W& held, Engine& engine, SSL* ssl, std::span<const std::byte> bytes,
                              IoStatus (*settle)(int)) {
  { held.holds_output() } noexcept -> std::same_as<bool>;
  { held.pending() } noexcept -> std::same_as<PendingWrite>;
  { writer.gather(bytes) } noexcept -> std::same_as<bool>;
  { writer.write(engine, ssl, bytes, settle) } noexcept -> std::same_as<Written>;
  { writer.flush(engine, ssl, settle) } noexcept -> std::same_as<Written>;
  { writer.hold(ssl, bytes) } noexcept;
  { writer.cancel() } noexcept -> std::same_as<std::size_t>;
};
// clang-format on

}  // namespace tlsmode::engine

#endif
