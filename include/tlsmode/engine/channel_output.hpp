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
  using Base::engine_, Base::ssl_, Base::phase_, Base::error_, Base::close_sent_, Base::key_update_waits_;
  using Base::refuse, Base::refuse_dead, Base::settle, Base::settle_write, Base::note_failure,
      Base::release_idle_buffers;

 public:
  using Base::Base;
  using Base::handshake, Base::version;

  [[nodiscard]] WriteResult write(std::span<const std::byte> bytes) noexcept {
    if constexpr (!BuffersWrites<Policy>) {
      if (writer_.blocked().active() && phase_ != Phase::broken) [[unlikely]] {
        return {refuse(Operation::write, "an earlier write is pending", "retry() it, or cancel_write()"), 0};
      }
    }
    clear_stale_errors();
    if (bytes.empty()) [[unlikely]] {
      return {IoStatus::done, 0};
    }
    if (phase_ != Phase::established || close_sent_) [[unlikely]] {
      if (const IoStatus status = prepare_write(Operation::write); status != IoStatus::done) {
        hold_if_waiting(status, bytes);
        return {status, 0};
      }
    }
    if constexpr (BuffersWrites<Policy>) {
      if (writer_.gather(bytes)) [[likely]] {
        note_output();
        return {IoStatus::done, bytes.size()};
      }
    }
    return push(bytes, 0, Operation::write);
  }

  [[nodiscard]] WriteResult retry_in_place() noexcept { return retry_from(writer_.blocked().bytes()); }

  [[nodiscard]] WriteResult retry_from(std::span<const std::byte> bytes) noexcept {
    const BlockedWrite& blocked = writer_.blocked();
    if (!blocked.active()) {
      if (phase_ == Phase::broken || phase_ == Phase::empty) {
        return {refuse_dead(Operation::retry), 0};
      }
      static_cast<void>(refuse(Operation::retry, "no write is pending", "retry only after want_read or want_write"));
      return {IoStatus::failed, 0};
    }
    if (bytes.size() < blocked.length()) {
      return {refuse(Operation::retry, "fewer bytes than the pending write has",
                     "give all the bytes of the pending write again, or cancel_write()"),
              0};
    }
    if (!writer_.matches(ssl_.get(), bytes)) {
      return {refuse(Operation::retry, "these are not the bytes that the pending write has committed",
                     "give the same bytes again, or cancel_write()"),
              0};
    }
    if (phase_ != Phase::established) {
      if (const IoStatus status = prepare_write(Operation::retry); status != IoStatus::done) {
        hold_if_waiting(status, bytes);
        return {status, 0};
      }
    }
    clear_stale_errors();
    return push(bytes, blocked.committed(), Operation::retry);
  }

  std::size_t cancel_write() noexcept {
    if constexpr (BuffersWrites<Policy>) {
      return 0;
    } else {
      return writer_.cancel();
    }
  }

  [[nodiscard]] PendingWrite pending_write() const noexcept {
    if constexpr (BuffersWrites<Policy>) {
      return {};
    } else {
      return writer_.blocked().shown();
    }
  }

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
    const IoStatus status =
        writer_.flush(engine_, ssl_.get(), [&](int returned) { return settle_write(returned, operation); });
    key_update_waits_ = key_update_waits_ && (operation != Operation::flush || status != IoStatus::done);
    release_idle_buffers();
    return note_failure(status, operation);
  }

  [[nodiscard]] IoStatus shutdown() noexcept {
    if (phase_ != Phase::established || ::SSL_in_init(ssl_.get()) != 0) {
      if (const IoStatus status = handshake(Operation::shutdown); status != IoStatus::done) {
        return status;
      }
    }
    if (const IoStatus status = finish_pending_write(); status != IoStatus::done) {
      return status;
    }
    if (const IoStatus status = flush(Operation::shutdown); status != IoStatus::done) {
      return status;
    }
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
    return note_failure(engine_.drain(ssl_.get()), Operation::shutdown);
  }

  [[nodiscard]] IoStatus update_keys(bool ask_peer) noexcept {
    if (phase_ != Phase::established || close_sent_) {
      if (const IoStatus status = prepare_write(Operation::update_keys); status != IoStatus::done) {
        return status;
      }
    }
    if (pending_write().length != 0) {
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
    key_update_waits_ = would_block(status);
    return status;
  }

 protected:
  void note_output() noexcept {
    key_update_waits_ = false;
    reads_once_ = !engine_.dry();
  }

  [[nodiscard]] WriteResult push(std::span<const std::byte> bytes, std::size_t committed,
                                 Operation operation) noexcept {
    const auto settle_here = [&](int returned) { return settle_write(returned, operation); };
    note_output();
    WriteResult result{};
    if constexpr (BuffersWrites<Policy>) {
      result = writer_.write(engine_, ssl_.get(), bytes, settle_here);
    } else {
      result = writer_.write(engine_, ssl_.get(), bytes, committed, settle_here);
    }
    if (result.status == IoStatus::failed) [[unlikely]] {
      static_cast<void>(note_failure(result.status, operation));
    }
    if (!writer_.holds_output()) {
      release_idle_buffers();
    }
    return result;
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

  void hold_if_waiting(IoStatus status, std::span<const std::byte> bytes) noexcept {
    if constexpr (!BuffersWrites<Policy>) {
      if (would_block(status)) {
        writer_.hold(ssl_.get(), bytes);
      }
    }
  }

  /// Finishes a pending write whose bytes are where they were, or are all committed.
  [[nodiscard]] IoStatus finish_pending_write() noexcept {
    if constexpr (!BuffersWrites<Policy>) {
      if (const BlockedWrite& blocked = writer_.blocked(); blocked.active()) {
        if constexpr (KeepsBufferInPlace<Policy> && !AllowsPartialWrite<Policy>) {
          return retry_in_place().status;
        }
        if (blocked.committed() != blocked.length()) {
          return refuse(Operation::shutdown, "a write is pending, and not all of its bytes are committed",
                        "retry() it, or cancel_write()");
        }
        const IoStatus status = flush(Operation::shutdown);
        if (status == IoStatus::done) {
          writer_.cancel();
        }
        return status;
      }
    }
    return IoStatus::done;
  }

  Writer writer_{};
  bool reads_once_ = false;  // the caller has answered before he found the input dry: his last read may be any
};

}  // namespace tlsmode::engine

#endif
