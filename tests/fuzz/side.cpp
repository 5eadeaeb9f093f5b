// SPDX-License-Identifier: MIT
#include "fuzz/side.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/error_facts.hpp>

#include "fuzz/fuzz.hpp"

namespace tlsmode_tests {
namespace {

using tlsmode::IoStatus;
using tlsmode::WriteResult;

[[nodiscard]] bool waits(IoStatus status) { return status == IoStatus::want_read || status == IoStatus::want_write; }

#if defined(__clang__)
// OpenSSL is not instrumented. libFuzzer looks at these as well: an input that leads to a new state is kept.
[[gnu::used, gnu::section("__libfuzzer_extra_counters")]] std::uint8_t states[4096];
void note_state(unsigned state) { states[state % sizeof states] = 1; }
#else
void note_state(unsigned) {}
#endif

}  // namespace

template <typename Call>
auto Side::call(Call what) {
  const std::size_t send_calls = out_.send_calls;
  const std::size_t sent = out_.sent;
  const std::size_t receive_calls = in_.receive_calls;
  const std::size_t waiting = in_.bytes.size();
  const auto result = what(*connection_);
  require(::ERR_peek_error() == 0, "the error queue is empty after every call");
  for (const tlsmode::QueueEntry& entry : connection_->error().queue()) {
    const int reason = ERR_GET_REASON(entry.code);
    if (ERR_GET_LIB(entry.code) != ERR_LIB_SSL) continue;
    require(reason != SSL_R_BAD_WRITE_RETRY, "bad write retry never comes up");
    require(hurt_ || reason != SSL_R_BAD_LENGTH, "bad length never comes up");  // unless a message of the peer has one
  }
  require(out_.send_calls - send_calls <= out_.sent - sent + 4000, "no call spins sending");
  require(in_.receive_calls - receive_calls <= waiting - in_.bytes.size() + 200, "no call spins receiving");
  require(out_.sent - sent <= 200'000, "what a call sends is bounded");
  mine_.most = std::max(mine_.most, mine_.accepted + pending().committed);
  return result;
}

void Side::act(unsigned what, unsigned how) {
  if (connection_ == nullptr) what = 15 + what % 5;
  switch (what % 20) {
    case 0: write(how % 600); break;
    case 1: write(how % 6000 * (how < 60'000 ? 1 : 12)); break;  // now and then several records of any size
    case 2: retry(0); break;
    case 3: retry(how % 600); break;
    case 4: retry_wrongly(how); break;
    case 5: cancel(); break;
    case 6:
    case 7: read(how % 5000); break;
    case 8: carry_on(); break;
    case 9: handshake(); break;
    case 10: flush(); break;
    case 11: how % 4 == 0 ? shutdown() : flush(); break;
    case 12: update_keys(how % 2 == 0); break;
    case 13: call([](AnyConnection& connection) { return connection.move(), 0; }); break;
    case 14:
      if (how % 8 == 0) {
        connection_.reset();
        mine_.may_fail = hurt_ = out_.ended = true;
        out_.send_error = in_.send_error = EPIPE;
      }
      break;
    case 15: out_.budget = how % 256; break;
    case 16: out_.budget = how; break;
    case 17: out_.budget = unlimited; break;
    case 18: in_.most_received = how % 2000 + 1; break;
    default: meddle(how);
  }
}

void Side::meddle(unsigned how) {
  switch (how % 8) {
    case 0:  // the input ends; the peer cannot send any more
      in_.ended = true;
      in_.send_error = EPIPE;
      hurt_ = true;
      break;
    case 1:
      in_.receive_error = in_.send_error = out_.receive_error = out_.send_error = ECONNRESET;
      hurt_ = true;
      break;
    case 2:
      out_.send_error = EPIPE;
      hurt_ = true;
      break;
    case 3: out_.budget = 0; break;
    default: out_.most_sent = how / 8 % 2000 + 1;
  }
}

void Side::note(IoStatus status) {
  const auto* const ssl = connection_->native_handle();
  note_state(static_cast<unsigned>(status) + 8U * static_cast<unsigned>(::SSL_get_state(ssl)) +
             (pending().length != 0 ? 512U : 0U) + (connection_->wants_write() ? 1024U : 0U) + (closes_ ? 2048U : 0U));
  if (status == IoStatus::failed) {
    hurt_ = hurt_ || theirs_.keys_asked > 32;  // who asks again and again is refused, as one that does harm
    require(hurt_ || connection_->error().kind() == tlsmode::ErrorKind::misuse, "nothing fails without a cause");
  }
  if (status == IoStatus::truncated) require(hurt_, "nothing is truncated that was not");
}

void Side::forget() {
  std::fill(bytes_.begin(), bytes_.end(), '#');  // whoever still reads them reads this
  bytes_.clear();
  bytes_.shrink_to_fit();
}

void Side::settle(WriteResult result, std::size_t size) {
  note(result.status);
  require(result.bytes == 0 || result.status == IoStatus::done, "bytes come with done only");
  if (result.status == IoStatus::done) {
    require(result.bytes <= size && (result.bytes != 0 || size == 0), "done comes with bytes");
    require(pending().length == 0, "a write that is done is not pending");
    if (!connection_->is_partial() && !connection_->buffers()) {
      require(result.bytes == size, "a whole rule reports all");
      const bool has_own_message = ::SSL_in_init(connection_->native_handle()) == 1;  // OpenSSL, an answer to new keys
      require(size == 0 || has_own_message || !connection_->wants_write(), "a whole rule reports what has left");
    }
    require(!mine_.may_fail || result.bytes == 0 || connection_->buffers(), "nothing is accepted after a failure");
    mine_.accepted += result.bytes;
    mine_.most = std::max(mine_.most, mine_.accepted);
    return forget();
  }
  if (waits(result.status)) {
    const tlsmode::PendingWrite now = pending();
    require(now.length == (connection_->buffers() ? 0 : size) && now.committed <= now.length,
            "a write that blocks is pending, all of it");
    return;
  }
  require(result.status != IoStatus::write_pending, "nothing was pending, or the retry was right");
  const bool is_refused =
      result.status == IoStatus::failed && connection_->error().kind() == tlsmode::ErrorKind::misuse;
  mine_.may_fail = mine_.may_fail || !is_refused;
  mine_.most = std::max(mine_.most, mine_.accepted + (is_refused ? 0 : size));
  if (pending().length == 0) forget();  // a connection that is broken keeps its pending write
}

void Side::write(std::size_t size) {
  if (out_.bytes.size() > 50'000) size %= 16;  // nobody reads
  if (const tlsmode::PendingWrite before = pending(); before.length != 0) {
    const std::size_t calls = out_.send_calls;
    const std::string other(size, '#');
    const WriteResult refused = call([&](AnyConnection& connection) { return connection.write(other); });
    require(refused.bytes == 0 && (refused.status == IoStatus::write_pending || mine_.may_fail || hurt_),
            "a write while one is pending is refused");
    require(out_.send_calls == calls, "a refusal happens before the transport is touched");
    if (refused.status == IoStatus::write_pending) {
      require(pending().length == before.length && pending().committed == before.committed,
              "a refusal changes nothing");
    }
    return;
  }
  bytes_ = stream(mine_.seed, mine_.accepted, size);
  settle(call([&](AnyConnection& connection) { return connection.write(bytes_); }), size);
  if (connection_->buffers()) forget();
}

void Side::retry(std::size_t more) {
  if (connection_->buffers()) return;
  if (pending().length == 0) {
    const WriteResult result = call([](AnyConnection& connection) { return connection.retry("#"); });
    const bool has_ended =
        result.status == IoStatus::closed || result.status == IoStatus::truncated;  // in the handshake
    require((result.status == IoStatus::failed || has_ended) && result.bytes == 0, "a retry of nothing fails");
    return;
  }
  if (connection_->moves()) {
    std::string elsewhere = stream(mine_.seed, mine_.accepted, bytes_.size() + more);
    forget();
    bytes_ = std::move(elsewhere);
  }
  settle(call([&](AnyConnection& connection) { return connection.retry(bytes_); }), bytes_.size());
}

void Side::retry_wrongly(unsigned how) {
  const tlsmode::PendingWrite before = pending();
  const bool is_edited = before.committed != 0 && (how % 2 == 0 || !connection_->moves());
  if (before.length == 0 || (!is_edited && !connection_->moves())) return;
  const std::size_t calls = out_.send_calls;
  const std::size_t place = is_edited ? how / 2 % before.committed : 0;
  if (is_edited) bytes_[place] = static_cast<char>(bytes_[place] ^ 1);
  const std::string_view given = std::string_view{bytes_}.substr(0, bytes_.size() - (is_edited ? 0 : 1));
  const WriteResult result = call([&](AnyConnection& connection) { return connection.retry(given); });
  if (is_edited) bytes_[place] = static_cast<char>(bytes_[place] ^ 1);
  const bool has_ended = result.status == IoStatus::failed || result.status == IoStatus::closed ||
                         result.status == IoStatus::truncated;  // closed, too: a forged alert in the handshake
  require(result.bytes == 0 && (result.status == IoStatus::write_pending || (hurt_ && has_ended)),
          "a wrong retry is refused");
  require(out_.send_calls == calls, "a refusal happens before the transport is touched");
  const tlsmode::PendingWrite after = pending();
  require(has_ended || (after.length == before.length && after.committed == before.committed),
          "a refusal changes nothing");
}

void Side::cancel() {
  const tlsmode::PendingWrite before = pending();
  const std::size_t committed = call([](AnyConnection& connection) { return connection.cancel_write(); });
  require(committed == before.committed && pending().length == 0, "what is cancelled is what was committed");
  mine_.accepted += committed;
  if (before.length != 0) forget();
}

void Side::flush() {
  const tlsmode::PendingWrite before = pending();
  const IoStatus status = call([](AnyConnection& connection) { return connection.flush(); });
  note(status);
  require(status == IoStatus::failed || pending().length == before.length, "a pending write remains pending");
  if (status == IoStatus::done) {
    require(before.length != 0 || !connection_->wants_write(), "nothing is left to send after flush");
  }
}

void Side::shutdown() {
  const tlsmode::PendingWrite before = pending();
  mine_.may_close = closes_ = true;
  const IoStatus status = call([](AnyConnection& connection) { return connection.shutdown(); });
  note(status);
  if (before.length != 0 && pending().length == 0) {
    mine_.most = std::max(mine_.most, mine_.accepted + before.length);
    if (status != IoStatus::failed && status != IoStatus::truncated) {
      mine_.accepted += before.length;  // shutdown has finished the write itself
    } else {
      mine_.may_fail = true;
    }
    forget();
  }
  if (status == IoStatus::write_pending) require(pending().length != 0, "shutdown waits for a write that is pending");
  if (status == IoStatus::done) {
    closed_ = true;
    require(pending().length == 0, "nothing is pending after a shutdown");
  }
}

void Side::update_keys(bool ask_peer) {
  const bool was_pending = pending().length != 0;
  mine_.keys_asked += ask_peer ? 1 : 0;
  const IoStatus status = call([&](AnyConnection& connection) { return connection.update_keys(ask_peer); });
  note(status);
  if (status == IoStatus::write_pending) require(was_pending, "keys wait for a write that is pending");
}

void Side::handshake() {
  note(call([](AnyConnection& connection) { return connection.handshake(); }));
}

void Side::read(std::size_t size) {
  std::string buffer(size, '\0');
  const tlsmode::ReadResult result = call([&](AnyConnection& connection) { return connection.read(buffer); });
  note(result.status);
  require((result.bytes != 0) == (result.status == IoStatus::done && size != 0) && result.bytes <= size,
          "bytes come with done, and done with bytes");
  for (std::size_t i = 0; i != result.bytes; ++i) {
    require(buffer[i] == stream_byte(theirs_.seed, heard_ + i), "what is read is what was written");
  }
  heard_ += result.bytes;
  require(heard_ <= theirs_.most, "no more is read than was accepted or committed");
  if (size == 0) return;
  require(end_ == IoStatus::done || result.status == end_, "the end is the end");
  const bool in_handshake = ::SSL_in_init(connection_->native_handle()) == 1;
  if (result.status == IoStatus::want_read && !in_handshake) {
    require(in_.bytes.empty() && !connection_->has_input(), "no byte that has come is left unread");
  }
  if (result.status == IoStatus::closed) {
    require(theirs_.may_close, "nobody closes but the peer");
    require(theirs_.may_fail || heard_ == theirs_.accepted, "all is read before the close");
  }
  if (result.status == IoStatus::closed || result.status == IoStatus::truncated) end_ = result.status;
}

void Side::carry_on() {
  if (::SSL_in_init(connection_->native_handle()) == 1) handshake();
  if (pending().length != 0) {
    retry(0);
  } else {
    closes_ ? shutdown() : flush();
  }
  for (int reads = 0; reads != 1000; ++reads) {
    const std::size_t before = heard_;
    read(4096);
    if (heard_ == before) return;
  }
}

void Side::require_rest() const {
  require(pending().length == 0 && !connection_->wants_write(), "nothing is left to send in the end");
  require(heard_ == theirs_.accepted, "everything that was accepted is read");
  require(!closes_ || closed_, "shutdown succeeds in the end");
  require(!theirs_.may_close || end_ == IoStatus::closed, "the peer is told goodbye");
}

}  // namespace tlsmode_tests
