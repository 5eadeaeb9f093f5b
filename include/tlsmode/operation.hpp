// SPDX-License-Identifier: MIT
#ifndef TLSMODE_OPERATION_HPP
#define TLSMODE_OPERATION_HPP

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

#include <tlsmode/bytes.hpp>
#include <tlsmode/connection.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>

// Operations as values: what takes more than one call, as an object that goes as far as it can without waiting.
//
//   tlsmode::WriteAllOperation write{connection, bytes};
//   while (would_block(write.advance())) {
//     wait_until_ready(write.readiness());  // or return to the event loop, and go on here later
//   }
//   use(write.status(), write.bytes());
//
// <tlsmode/wait.hpp> is this loop with a waiter in it; coroutines and Asio drive the same objects.

namespace tlsmode {

/// What to wait for: input, room for output, or either.
enum class Readiness { read, write, either };

/// What the operations of this header have in common.
/// advance: goes as far as it can without waiting. Returns: done and other statuses that end it, again at each call;
/// want_read, want_write: wait for readiness(), then call again; want_decision: call again when there is an answer.
/// status: what advance() answered last; want_read before its first call. finished: whether that was the end.
/// bytes: what has been moved, exact at any time: if the operation were given up now, it would stay so.
/// cancel: gives up, and returns bytes(); advance() answers failed from then on, and error() is as it was. The destructor
/// of an unfinished operation does the same. forget: as cancel, without a touch of the connection, which is gone.
/// kind: the name that errors give it. connection: what it was made for.
/// Lifetime: the connection, which is not moved meanwhile, and the bytes outlive the operation, unless it is told to
/// forget(). Operations can be moved.
/// Some take more than one step without a wait: advance(goes_on) asks `bool goes_on() noexcept` between steps, and stops
/// with want_read or want_write where it says no.
/// They allocate nothing, and may be driven side by side: one that writes, one that reads.
/// Proof: tests/unit/operation_test.cpp.
template <typename O>
concept ResumableOperation = std::move_constructible<O> && requires(O& operation, const O& constant) {
  { operation.advance() } noexcept -> std::same_as<IoStatus>;
  { operation.cancel() } noexcept -> std::same_as<std::size_t>;
  { operation.forget() } noexcept;
  { constant.status() } noexcept -> std::same_as<IoStatus>;
  { constant.finished() } noexcept -> std::same_as<bool>;
  { constant.readiness() } noexcept -> std::same_as<Readiness>;
  { constant.bytes() } noexcept -> std::same_as<std::size_t>;
  { O::kind } -> std::convertible_to<Operation>;
  constant.connection();
};

namespace detail {

/// Whether an operation that never has to wait may go on: it may.
struct Always {
  [[nodiscard]] constexpr bool operator()() const noexcept { return true; }
};

/// Asks `goes_on` at every 16th step: a look at the clock costs as much as a small record.
template <typename GoesOn>
class NowAndThen {
 public:
  explicit NowAndThen(GoesOn& goes_on) noexcept : goes_on_{goes_on} {}
  [[nodiscard]] bool operator()() noexcept { return ++steps_ % 16 != 0 || goes_on_(); }

 private:
  GoesOn& goes_on_;
  unsigned steps_ = 0;
};

/// What the waiting layer does to a connection in the name of the operation that the user has called.
struct WaitingLayer {
  /// Goes on with a pending write, which `bytes` begin with. Under a rule that leaves none pending, writes.
  template <PolicyType P, TransportType T>
  [[nodiscard]] static WriteResult retry(Connection<P, T>& connection, std::span<const std::byte> bytes) noexcept {
    return connection.exclusively(WriteResult{IoStatus::failed, 0}, [&] {
      if constexpr (BuffersWrites<P>) {
        return connection.channel_.write(bytes);
      } else {
        return connection.channel_.retry_from(bytes, Operation::write);
      }
    });
  }

  /// Says in connection.error() why it gave up.
  template <typename C>
  static void note(C& connection, const Error& error) noexcept {
    connection.channel_.note(error);
  }
};

/// The connection and the last answer.
template <typename C>
class OperationState {
 public:
  [[nodiscard]] IoStatus status() const noexcept { return status_; }
  [[nodiscard]] bool finished() const noexcept { return !would_block(status_) && status_ != IoStatus::want_decision; }
  [[nodiscard]] C& connection() const noexcept { return *connection_; }

 protected:
  explicit OperationState(C& connection) noexcept : connection_{&connection} {}
  OperationState(OperationState&& other) noexcept
      : connection_{other.connection_}, status_{std::exchange(other.status_, IoStatus::failed)} {}
  ~OperationState() = default;

  /// Makes `attempt`, unless this is over. Returns: its answer, or the last one.
  template <typename Attempt>
  IoStatus step(Attempt attempt) noexcept {
    return finished() ? status_ : status_ = attempt();
  }
  void end() noexcept { status_ = finished() ? status_ : IoStatus::failed; }

  C* connection_;
  IoStatus status_ = IoStatus::want_read;
};

/// An operation that is one call of the connection, made until it is settled.
template <typename C>
class PlainOperation : public OperationState<C> {
 public:
  [[nodiscard]] Readiness readiness() const noexcept {
    return this->status_ == IoStatus::want_write ? Readiness::write : Readiness::read;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return 0; }
  std::size_t cancel() noexcept {
    this->end();
    return 0;
  }
  void forget() noexcept { this->end(); }

 protected:
  using OperationState<C>::OperationState;
};

/// An operation that reads.
template <typename C>
class ReadingOperation : public OperationState<C> {
 public:
  /// Output that has to leave first does not keep input from coming, as long as the connection would read it.
  [[nodiscard]] Readiness readiness() const noexcept {
    if (this->status_ != IoStatus::want_write) {
      return Readiness::read;
    }
    return this->connection_->wants_read() ? Readiness::either : Readiness::write;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  std::size_t cancel() noexcept {
    this->end();
    return bytes_;
  }
  void forget() noexcept { this->end(); }

 protected:
  using OperationState<C>::OperationState;
  std::size_t bytes_ = 0;
};

}  // namespace detail

/// Does the handshake. Ends as connection.handshake() does.
template <PolicyType P, TransportType T>
class [[nodiscard]] HandshakeOperation : public detail::PlainOperation<Connection<P, T>> {
 public:
  static constexpr Operation kind = Operation::handshake;

  explicit HandshakeOperation(Connection<P, T>& connection) noexcept
      : detail::PlainOperation<Connection<P, T>>{connection} {}

  IoStatus advance() noexcept {
    return this->step([&] { return this->connection_->handshake(); });
  }
};

/// Writes all of `bytes`, and flushes them. Ends: done; write_pending, with 0 bytes, if another write is; failed; closed,
/// truncated if the peer ended the handshake.
/// bytes() is what the peer gets: written, or committed by a write that is given up. The rest can be written by another
/// operation. Giving up leaves no write pending and touches the bytes no more.
template <PolicyType P, TransportType T>
class [[nodiscard]] WriteAllOperation : public detail::OperationState<Connection<P, T>> {
  using State = detail::OperationState<Connection<P, T>>;

 public:
  static constexpr Operation kind = Operation::write;

  template <ByteRange Bytes>
    requires StaysInPlace<Bytes>
  WriteAllOperation(Connection<P, T>& connection, Bytes&& bytes) noexcept
      : State{connection}, bytes_{detail::as_bytes(bytes)} {}
  WriteAllOperation(WriteAllOperation&& other) noexcept
      : State{static_cast<State&&>(other)},
        bytes_{other.bytes_},
        written_{other.written_},
        is_pending_{std::exchange(other.is_pending_, false)} {}
  ~WriteAllOperation() { cancel(); }

  IoStatus advance() noexcept { return advance(detail::Always{}); }
  template <typename GoesOn>
  IoStatus advance(GoesOn goes_on) noexcept {
    const IoStatus status = this->step([&] { return write_on(goes_on); });
    if (this->finished()) {
      cancel_write();
    }
    return status;
  }

  [[nodiscard]] Readiness readiness() const noexcept {
    return this->status_ == IoStatus::want_write ? Readiness::write : Readiness::read;
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return written_ + (is_pending_ ? this->connection_->pending_write().committed : 0);
  }
  std::size_t cancel() noexcept {
    cancel_write();
    this->end();
    return written_;
  }
  void forget() noexcept {
    is_pending_ = false;
    this->end();
  }

 private:
  static constexpr std::size_t most_at_once = 16 * P::batch_size;  // then it asks whether to go on

  template <typename GoesOn>
  [[nodiscard]] IoStatus write_on(GoesOn& goes_on) noexcept {
    while (written_ != bytes_.size()) {
      const std::size_t left = bytes_.size() - written_;
      const std::span<const std::byte> rest = bytes_.subspan(written_, left < most_at_once ? left : most_at_once);
      const WriteResult result =
          is_pending_ ? detail::WaitingLayer::retry(*this->connection_, rest) : this->connection_->write(rest);
      const bool continues = would_block(result.status) || result.status == IoStatus::want_decision;
      is_pending_ = (is_pending_ || continues) && this->connection_->pending_write().length != 0;
      written_ += result.bytes;
      if (result.status != IoStatus::done) {
        return result.status;
      }
      if (written_ != bytes_.size() && !goes_on()) {
        return IoStatus::want_write;
      }
    }
    return this->connection_->flush();
  }

  void cancel_write() noexcept {
    if (std::exchange(is_pending_, false)) {
      written_ += this->connection_->cancel_write();
    }
  }

  std::span<const std::byte> bytes_;
  std::size_t written_ = 0;
  bool is_pending_ = false;  // a write of ours is
};

/// Reads at least one byte. Ends as connection.read() does, with bytes() at the front of `to`.
template <PolicyType P, TransportType T>
class [[nodiscard]] ReadSomeOperation : public detail::ReadingOperation<Connection<P, T>> {
 public:
  static constexpr Operation kind = Operation::read;

  template <WritableByteRange Bytes>
  ReadSomeOperation(Connection<P, T>& connection, Bytes&& to) noexcept
      : detail::ReadingOperation<Connection<P, T>>{connection}, to_{detail::as_writable_bytes(to)} {}

  IoStatus advance() noexcept {
    return this->step([&] {
      const ReadResult result = this->connection_->read(to_);
      this->bytes_ = result.bytes;
      return result.status;
    });
  }

 private:
  std::span<std::byte> to_;
};

/// Reads until `to` is full. Ends: done; closed, truncated, failed, with the bytes() that came before.
template <PolicyType P, TransportType T>
class [[nodiscard]] ReadExactlyOperation : public detail::ReadingOperation<Connection<P, T>> {
 public:
  static constexpr Operation kind = Operation::read;

  template <WritableByteRange Bytes>
  ReadExactlyOperation(Connection<P, T>& connection, Bytes&& to) noexcept
      : detail::ReadingOperation<Connection<P, T>>{connection}, to_{detail::as_writable_bytes(to)} {}

  IoStatus advance() noexcept { return advance(detail::Always{}); }
  template <typename GoesOn>
  IoStatus advance(GoesOn goes_on) noexcept {
    return this->step([&] {
      detail::NowAndThen sometimes{goes_on};
      while (this->bytes_ != to_.size()) {
        const ReadResult result = this->connection_->read(to_.subspan(this->bytes_));
        this->bytes_ += result.bytes;
        if (result.status != IoStatus::done) {
          return result.status;
        }
        if (this->bytes_ != to_.size() && !sometimes()) {
          return IoStatus::want_read;
        }
      }
      return IoStatus::done;
    });
  }

 private:
  std::span<std::byte> to_;
};

/// Sends what is held, and close_notify. Ends as connection.shutdown() does.
template <PolicyType P, TransportType T>
class [[nodiscard]] ShutdownOperation : public detail::PlainOperation<Connection<P, T>> {
 public:
  static constexpr Operation kind = Operation::shutdown;

  explicit ShutdownOperation(Connection<P, T>& connection) noexcept
      : detail::PlainOperation<Connection<P, T>>{connection} {}

  IoStatus advance() noexcept {
    return this->step([&] { return this->connection_->shutdown(); });
  }
};

/// How much a CloseOperation reads and drops if nobody says. Units: bytes.
inline constexpr std::size_t close_limit = std::size_t{1024} * 1024;

/// The orderly end: sends what is held and close_notify, then reads until the peer's close_notify, and drops what comes.
/// Ends: done when both sides have said close_notify: a peer that answers ours has everything. (One that had said its own
/// before gives no such answer.) truncated: the peer ended the stream without it, and may have less. write_pending, as
/// shutdown(). closed: the peer ended the handshake. failed, also when more than `limit` bytes came.
/// bytes() counts what was dropped.
template <PolicyType P, TransportType T>
class [[nodiscard]] CloseOperation : public detail::ReadingOperation<Connection<P, T>> {
  using Reading = detail::ReadingOperation<Connection<P, T>>;

 public:
  static constexpr Operation kind = Operation::shutdown;

  explicit CloseOperation(Connection<P, T>& connection, std::size_t limit = close_limit) noexcept
      : Reading{connection}, limit_{limit} {}

  IoStatus advance() noexcept { return advance(detail::Always{}); }
  template <typename GoesOn>
  IoStatus advance(GoesOn goes_on) noexcept {
    return this->step([&] { return close_on(goes_on); });
  }
  [[nodiscard]] Readiness readiness() const noexcept {
    const bool only_sends = this->status_ == IoStatus::want_write && heard_ != IoStatus::done;
    return only_sends ? Readiness::write : Reading::readiness();
  }

 private:
  /// While there is no room for close_notify, input is read all the same: a peer that is sending may not read before.
  template <typename GoesOn>
  [[nodiscard]] IoStatus close_on(GoesOn& goes_on) noexcept {
    if (!said_) {
      const IoStatus status = this->connection_->shutdown();
      if (status != IoStatus::done && status != IoStatus::want_write) {
        return status;
      }
      said_ = status == IoStatus::done;
    }
    if (heard_ == IoStatus::done) {
      const IoStatus status = drop_input(goes_on);
      if (status != IoStatus::closed && status != IoStatus::truncated) {
        return status == IoStatus::want_read && !said_ ? IoStatus::want_write : status;
      }
      heard_ = status;
    }
    return !said_ ? IoStatus::want_write : heard_ == IoStatus::closed ? IoStatus::done : heard_;
  }

  /// Returns: what the read that found nothing more has answered.
  template <typename GoesOn>
  [[nodiscard]] IoStatus drop_input(GoesOn& goes_on) noexcept {
    detail::NowAndThen sometimes{goes_on};
    std::byte dropped[4096];
    while (true) {
      const ReadResult result = this->connection_->read(dropped);
      if (result.status != IoStatus::done) {
        return result.status;
      }
      this->bytes_ += result.bytes;
      if (this->bytes_ > limit_) {
        detail::WaitingLayer::note(*this->connection_,
                                   Error{{.operation = kind,
                                          .message = "the peer goes on sending: more came than may be dropped",
                                          .remedy = "read what it sends before closing, or give a larger limit"}});
        return IoStatus::failed;
      }
      if (!sometimes()) {
        return IoStatus::want_read;
      }
    }
  }

  std::size_t limit_;
  IoStatus heard_ = IoStatus::done;  // closed, truncated: how the input has ended
  bool said_ = false;                // our close_notify has left
};

template <PolicyType P, TransportType T, typename Bytes>
WriteAllOperation(Connection<P, T>&, Bytes&&) -> WriteAllOperation<P, T>;
template <PolicyType P, TransportType T, typename Bytes>
ReadSomeOperation(Connection<P, T>&, Bytes&&) -> ReadSomeOperation<P, T>;
template <PolicyType P, TransportType T, typename Bytes>
ReadExactlyOperation(Connection<P, T>&, Bytes&&) -> ReadExactlyOperation<P, T>;
template <PolicyType P, TransportType T>
CloseOperation(Connection<P, T>&, std::size_t) -> CloseOperation<P, T>;

}  // namespace tlsmode

#endif
