// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_ALLOCATION_TALKS_HPP
#define TLSMODE_TESTS_PROOF_ALLOCATION_TALKS_HPP

// What two connected sides do while an allocation fails.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proof/allocation_pairs.hpp"

namespace tlsmode_tests {

inline std::string_view text_of(std::size_t size) {
  static const std::string text = pattern(200'000);
  return std::string_view{text}.substr(0, size);
}

/// Writes `size` bytes over a wire that takes `budget` at first, then everything; and closes.
template <typename PairOf, std::size_t size, std::size_t budget>
void transfer(const Attempt& attempt) {
  Talk<PairOf> talk{attempt};
  talk.pair.limit(budget);
  {
    const FailingMalloc failing{attempt.fail_at};
    std::string_view text = text_of(size);
    if (talk.push(text)) talk.listen();
    talk.doubtful = text;
    talk.pair.limit(unlimited);
    talk.say(text);
    if (talk.failed) talk.pair.client.cancel_write();  // the server's failure may have left it pending
    talk.note(talk.pair.client.shutdown());
    talk.closing = true;
    talk.listen();
  }
  talk.check();
}

/// Small writes, gathered into records.
template <typename PairOf>
void gather(const Attempt& attempt) {
  Talk<PairOf> talk{attempt};
  {
    const FailingMalloc failing{attempt.fail_at};
    std::string_view all = text_of(30'000);
    while (!all.empty() && !talk.failed) {
      std::string_view small = all.substr(0, 300);
      all.remove_prefix(300);
      talk.doubtful = small;
      talk.push(small);
    }
    talk.note(talk.pair.client.flush());
    talk.listen();
  }
  talk.check();
}

/// The transport takes a little at a time.
template <typename PairOf>
void trickle(const Attempt& attempt) {
  Talk<PairOf> talk{attempt};
  {
    const FailingMalloc failing{attempt.fail_at};
    std::string_view text = text_of(90'000);
    for (int round = 0; round != 60 && !text.empty() && !talk.failed; ++round) {
      talk.pair.limit(5'000);
      talk.doubtful = text;
      talk.push(text);
      talk.listen();
    }
    talk.pair.limit(unlimited);
    talk.note(talk.pair.client.flush());
    talk.listen();
  }
  talk.check();
}

/// A write that blocks is cancelled; another one follows.
template <typename PairOf>
void cancel(const Attempt& attempt) {
  Talk<PairOf> talk{attempt};
  talk.pair.limit(17'000);
  {
    const FailingMalloc failing{attempt.fail_at};
    std::string_view text = text_of(90'000);
    talk.doubtful = text;
    if (talk.push(text)) {
      const std::size_t committed = talk.pair.client.cancel_write();
      talk.expected += text.substr(0, committed);
      talk.pair.limit(unlimited);
      talk.say(text_of(5'000));
      talk.listen();
    }
  }
  talk.check();
}

/// A write that blocks, and of which the caller alone has bytes, holds up the shutdown until it is retried.
template <typename PairOf>
void close_while_pending(const Attempt& attempt) {
  Talk<PairOf> talk{attempt};
  talk.pair.limit(17'000);
  {
    const FailingMalloc failing{attempt.fail_at};
    std::string_view text = text_of(90'000);
    talk.doubtful = text;
    talk.closing = true;
    const bool goes_on = talk.push(text) && talk.pair.client.shutdown() == tlsmode::IoStatus::write_pending;
    talk.pair.limit(unlimited);
    bool written = false;
    for (int round = 0; round != 20 && goes_on && !talk.failed; ++round) {
      const tlsmode::IoStatus status = written ? talk.pair.client.shutdown() : talk.pair.client.retry().status;
      talk.note(status);
      talk.listen();
      if (status == tlsmode::IoStatus::done && !written) {
        written = true;
        talk.expected += text;
        talk.doubtful = {};
      }
    }
  }
  talk.check();
}

/// Both sides change their keys, one of them in answer to the other.
template <typename PairOf>
void change_keys(const Attempt& attempt) {
  Talk<PairOf> talk{attempt};
  {
    const FailingMalloc failing{attempt.fail_at};
    char buffer[64];
    if (talk.note(talk.pair.client.update_keys(true))) talk.say(text_of(1'000));
    talk.listen();
    if (!talk.failed) talk.note(talk.pair.server.update_keys(true));
    talk.note(talk.pair.client.read(buffer).status);
    if (!talk.failed) talk.say(text_of(1'000));
  }
  talk.check();
}

/// The client reads in small pieces what the server has sent at once.
template <typename PairOf>
void receive_ahead(const Attempt& attempt) {
  Talk<PairOf> talk{attempt};
  const std::string_view text = text_of(100'000);
  std::string_view rest = text;
  {
    const FailingMalloc failing{attempt.fail_at};
    for (int round = 0; round != 40 && talk.heard.size() != text.size() && !talk.failed; ++round) {
      if (!rest.empty()) {
        const bool is_retry = talk.pair.server.pending_write().length != 0;
        const tlsmode::WriteResult put = is_retry ? talk.pair.server.retry() : talk.pair.server.write(rest);
        talk.note(put.status);
        rest.remove_prefix(put.bytes);
      }
      char buffer[1000];
      for (tlsmode::IoStatus status = tlsmode::IoStatus::done; status == tlsmode::IoStatus::done;) {
        const tlsmode::ReadResult read = talk.pair.client.read(buffer);
        talk.heard.append(buffer, read.bytes);
        status = read.status;
        talk.note(status);
      }
    }
  }
  attempt.expect(text.starts_with(talk.heard), "the client got other bytes");
  attempt.expect(talk.failed || talk.heard.size() == text.size(), "bytes are missing, and nothing said so");
}

/// A connection moves to another place while a write is pending.
template <typename PairOf>
void move(const Attempt& attempt) {
  Talk<PairOf> talk{attempt};
  talk.pair.limit(17'000);
  {
    const FailingMalloc failing{attempt.fail_at};
    std::string_view text = text_of(90'000);
    talk.doubtful = text;
    if (talk.push(text)) {
      typename PairOf::Client elsewhere{std::move(talk.pair.client)};
      talk.pair.client = std::move(elsewhere);
      talk.pair.limit(unlimited);
      talk.say(text);
    }
  }
  talk.check();
}

}  // namespace tlsmode_tests

#endif
