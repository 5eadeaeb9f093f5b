// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_ENGINE_HPP
#define TLSMODE_ENGINE_ENGINE_HPP

#include <concepts>
#include <cstddef>
#include <span>

#include <openssl/ssl.h>

#include <tlsmode/engine/commit.hpp>
#include <tlsmode/engine/read_budget.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// What is under OpenSSL. ElasticEngine puts a BIO of ours there, which takes all that OpenSSL writes; NativeEngine leaves
/// OpenSSL's own BIO, whose would-block is real. What is a matter of course on one side is told in brackets.
///
/// sends_whole_batches: several records leave in one send.
/// attach: takes its place under an SSL; false if there is no memory.
///
/// Output. commit: encrypts bytes; those it answers are on their way. drain: sends what waits; done when nothing does.
/// drain_commit: the same, right after a commit, without asking a transport again that has just refused. handshake:
/// SSL_do_handshake; a flight is gathered (native: in OpenSSL's own buffer). first_record_left: the
/// transport has the first record of the last commit. owe_close: close_notify waits inside OpenSSL (elastic: nothing
/// does). output_size: how many bytes wait; not 0 if any do. system_error: the errno of a transport that failed; 0.
///
/// Input. start_read: begins a call. read: SSL_read_ex; or not_asked (native: never). dry: the transport had nothing to
/// give in this call; has_been_dry: ever, so it is not one that waits. input_waits: input is here that OpenSSL has not
/// seen (native: never). ended: the input has ended. receive_may_wait: receive blocks. must_finish_write_first: OpenSSL
/// would not survive a read now (elastic: it always does). budget: what the peer may send that is no data.
/// release_buffers: gives OpenSSL's memory back, if it holds nothing.
// clang-format off
template <typename E, typename Sizer>
concept EngineType = requires(E& engine, const E& seen, SSL* ssl, std::span<const std::byte> from, std::span<std::byte> to,
                              Sizer& sizer, std::size_t size, bool flag) {
  requires std::movable<E>;
  { E::sends_whole_batches } -> std::convertible_to<bool>;
  { engine.attach(ssl) } noexcept -> std::same_as<bool>;
  engine.transport();
  { engine.commit(ssl, from, sizer, size, flag) } noexcept -> std::same_as<Commit>;
  { engine.drain(ssl) } noexcept -> std::same_as<IoStatus>;
  { engine.drain_commit(ssl) } noexcept -> std::same_as<IoStatus>;
  { engine.handshake(ssl) } noexcept -> std::same_as<int>;
  { seen.first_record_left() } noexcept -> std::same_as<bool>;
  { engine.owe_close(flag) } noexcept;
  { seen.output_size() } noexcept -> std::same_as<std::size_t>;
  { seen.system_error() } noexcept -> std::same_as<int>;
  { engine.start_read() } noexcept;
  { engine.read(ssl, to, size) } noexcept -> std::same_as<int>;
  { seen.dry() } noexcept -> std::same_as<bool>;
  { seen.has_been_dry() } noexcept -> std::same_as<bool>;
  { seen.input_waits() } noexcept -> std::same_as<bool>;
  { seen.ended() } noexcept -> std::same_as<bool>;
  { seen.receive_may_wait() } noexcept -> std::same_as<bool>;
  { seen.must_finish_write_first(ssl) } noexcept -> std::same_as<bool>;
  { engine.budget() } noexcept -> std::same_as<ReadBudget&>;
  { engine.release_buffers(ssl) } noexcept;
};
// clang-format on

}  // namespace tlsmode::engine

#endif
