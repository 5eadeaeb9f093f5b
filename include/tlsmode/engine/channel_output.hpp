// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_CHANNEL_OUTPUT_HPP
#define TLSMODE_ENGINE_CHANNEL_OUTPUT_HPP

#include <cstddef>
#include <span>
#include <type_traits>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/engine/blocked_write.hpp>
#include <tlsmode/engine/buffered_writer.hpp>
#include <tlsmode/engine/channel_core.hpp>
#include <tlsmode/engine/channel_handshake.hpp>
#include <tlsmode/engine/manual_writer.hpp>
#include <tlsmode/engine/writer.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/pending_write.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// The writing half of a channel: the writer that keeps the rule, and all that waits for it.
template <PolicyType Policy, TransportType Transport>
class ChannelOutput : public ChannelHandshake<Policy, Transport> {
 protected:
  using Base = ChannelHandshake<Policy, Transport>;
  using Engine = typename Base::Engine;
  using Writer =
      std::conditional_t<BuffersWrites<Policy>, BufferedWriter<Policy, Engine>, ManualWriter<Policy, Engine>>;
  static_assert(WriterType<Writer, Engine>);
  using Base::engine_, Base::ssl_, Base::phase_, Base::error_;
  using Base::refuse, Base::refuse_dead, Base::settle, Base::settle_write, Base::explain, Base::release_idle_buffers;

 public:
  using Base::Base;
  using Base::handshake, Base::version;

  [[nodiscard]] WriteResult write(std::span<const std::byte> bytes) noexcept {
    if (has_pending_write()) [[unlikely]] {
      return {refuse(Operation::write, "an earlier write is pending", "retry() it, or cancel_write()"), 0};
    }
    clear_stale_errors();
    if (bytes.empty()) [[unlikely]] {
      return {IoStatus::done, 0};
    }
    if (phase_ != Phase::established || close_sent_) [[unlikely]] {
      if (const IoStatus status = prepare_write(Operation::write); status != IoStatus::done) {
        hold_if_it_goes_on(status, bytes);
        return {status, 0};
      }
    }
    if (writer_.gather(bytes)) [[likely]] {
      note_output();
      return {IoStatus::done, bytes.size()};
    }
    return push(bytes, Operation::write);
  }

  /// Goes on with the pending write, where its bytes are. `operation`: what the caller has called.
  [[nodiscard]] WriteResult retry_in_place(Operation operation = Operation::retry) noexcept {
    return retry_from(writer_.blocked().bytes(), operation);
  }

  [[nodiscard]] WriteResult retry_from(std::span<const std::byte> bytes,
                                       Operation operation = Operation::retry) noexcept {
    const BlockedWrite& blocked = writer_.blocked();
    if (!blocked.active()) {
      if (phase_ != Phase::handshaking && phase_ != Phase::established) {
        return {refuse_dead(operation), 0};
      }
      static_cast<void>(refuse(operation, "no write is pending", "retry only after want_read or want_write"));
      return {IoStatus::failed, 0};
    }
    if (bytes.size() < blocked.length()) {
      return {refuse(operation, "fewer bytes than the pending write has",
                     "give all the bytes of the pending write again, or cancel_write()"),
              0};
    }
    if (!writer_.matches(ssl_.get(), bytes)) {
      return {refuse(operation, "these are not the bytes that the pending write has committed",
                     "give the same bytes again, or cancel_write()"),
              0};
    }
    if (phase_ != Phase::established) {
      if (const IoStatus status = prepare_write(operation); status != IoStatus::done) {
        hold_if_it_goes_on(status, bytes);
        return {status, 0};
      }
    }
    clear_stale_errors();
    return push(bytes, operation);
  }

  std::size_t cancel_write() noexcept { return writer_.cancel(); }
  [[nodiscard]] PendingWrite pending_write() const noexcept { return writer_.pending(); }

  [[nodiscard]] IoStatus flush(Operation operation) noexcept {
    if (phase_ != Phase::established) {
      return phase_ == Phase::handshaking ? handshake(operation) : refuse_dead(operation);
    }
    if (!Engine::sends_whole_batches && ::SSL_in_init(ssl_.get()) != 0 && SSL_want_write(ssl_.get())) {
      const IoStatus status = handshake(operation);  // OpenSSL has a part of a message left, a KeyUpdate perhaps
      if (status != IoStatus::done && status != IoStatus::want_read) {
        return status;
      }
    }
    clear_stale_errors();
    if (writer_.holds_output()) {
      engine_.budget().note_data();
    }
    const Written flushed =
        writer_.flush(engine_, ssl_.get(), [&](int returned) noexcept { return settle_write(returned, operation); });
    key_update_waits_ = key_update_waits_ && (operation != Operation::flush || flushed.status != IoStatus::done);
    release_idle_buffers();
    return explain(flushed, operation);
  }

  /// Bytes of a pending write that only the caller has are the caller's to decide about: nothing is done before that.
  [[nodiscard]] IoStatus shutdown() noexcept {
    const PendingWrite pending = pending_write();
    if (pending.length != pending.committed && has_pending_write()) {
      return refuse(Operation::shutdown, "a write is pending, and not all of its bytes are committed",
                    "retry() it, or cancel_write()");
    }
    if (phase_ != Phase::established || ::SSL_in_init(ssl_.get()) != 0) {
      if (const IoStatus status = handshake(Operation::shutdown); status != IoStatus::done) {
        return status;
      }
    }
    if (const IoStatus status = flush(Operation::shutdown); status != IoStatus::done) {
      return status;
    }
    writer_.cancel();  // all of it has left
    if (!close_sent_) {
      close_sent_ = true;  // OpenSSL takes no writes from here on
      const int returned = ::SSL_shutdown(ssl_.get());
      if (returned < 0) {  // 0 is success: close_notify is sent, the peer's is not here yet
        const IoStatus status = settle(returned, Operation::shutdown);
        engine_.owe_close(status == IoStatus::want_write);
        return status;
      }
      ::ERR_clear_error();
    }
    return explain({engine_.drain(ssl_.get())}, Operation::shutdown);
  }

  [[nodiscard]] IoStatus update_keys(bool ask_peer) noexcept {
    if (phase_ != Phase::established || close_sent_) {
      if (const IoStatus status = prepare_write(Operation::update_keys); status != IoStatus::done) {
        return status;
      }
    }
    if (has_pending_write()) {
      return refuse(Operation::update_keys, "a write is pending", "retry() it, or cancel_write()");
    }
    if (!key_update_waits_) {
      if (const IoStatus status = flush(Operation::update_keys); status != IoStatus::done) {
        return status;
      }
      if (::SSL_key_update(ssl_.get(), ask_peer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) != 1) {
        error_ = Error{{.kind = ErrorKind::misuse,
                        .operation = Operation::update_keys,
                        .message = "keys can be updated in TLS 1.3 only",
                        .subject = version()}};
        return IoStatus::failed;
      }
    }
    const IoStatus status = handshake(Operation::update_keys);
    key_update_waits_ = goes_on(status);
    return status;
  }

 protected:
  /// Whether the caller has a write to finish. One that was pending when the connection broke is shown, and stops nothing.
  [[nodiscard]] bool has_pending_write() const noexcept {
    return writer_.pending().length != 0 && (phase_ == Phase::handshaking || phase_ == Phase::established);
  }

  void note_output() noexcept {
    key_update_waits_ = false;
    reads_once_ = !engine_.dry();
  }

  [[nodiscard]] WriteResult push(std::span<const std::byte> bytes, Operation operation) noexcept {
    note_output();
    const Written result = writer_.write(engine_, ssl_.get(), bytes,
                                         [&](int returned) noexcept { return settle_write(returned, operation); });
    if (result.bytes != 0) [[likely]] {
      engine_.budget().note_data();
    }
    if (!writer_.holds_output()) {
      release_idle_buffers();
    }
    return {explain(result, operation), result.bytes};
  }

  [[nodiscard]] IoStatus prepare_write(Operation operation) noexcept {
    if (phase_ == Phase::handshaking) {
      return handshake(operation);
    }
    if (phase_ == Phase::established && close_sent_) {
      static_cast<void>(refuse(operation, "this side has said close_notify", "write before shutdown()"));
      return IoStatus::failed;
    }
    return phase_ == Phase::established ? IoStatus::done : refuse_dead(operation);
  }

  void hold_if_it_goes_on(IoStatus status, std::span<const std::byte> bytes) noexcept {
    if (goes_on(status)) {
      writer_.hold(ssl_.get(), bytes);
    }
  }

  Writer writer_{};
  bool reads_once_ = false;  // the caller has answered before it found the input dry: its last read may be any

 private:
  bool close_sent_ = false;        // this side has begun to say close_notify
  bool key_update_waits_ = false;  // update_keys() answered that it waits, and is asked again
};

}  // namespace tlsmode::engine

#endif
