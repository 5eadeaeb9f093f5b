// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_READ_BUDGET_HPP
#define TLSMODE_ENGINE_READ_BUDGET_HPP

namespace tlsmode::engine {

/// How much a peer may send that is no data, and how much it may make this side answer, before either side has data for
/// the other again. Honest peers stay far below: a few tickets, a key update now and then. Without it, KeyUpdates that
/// come faster than they are worked off keep one read busy for as long as the peer likes.
class ReadBudget {
 public:
  static constexpr unsigned most_records = 4096;  // in a row, without data: a peer may send a thousand tickets
  static constexpr unsigned most_answers = 32;    // in a row, without data either way; BoringSSL has this number, too

  void note_records(unsigned records) noexcept { records_ += records; }
  void note_record() noexcept { note_records(1); }
  void note_answer() noexcept {
    answers_ += records_ != answered_ ? 1U : 0U;  // a flight is one answer, however many records it has
    answered_ = records_;
  }
  void note_data() noexcept { records_ = answered_ = answers_ = 0; }

  /// How many records one call of OpenSSL may take. One more than are left: the last one spends the budget.
  [[nodiscard]] unsigned records_left() const noexcept {
    return records_ > most_records ? 0 : most_records + 1 - records_;
  }
  [[nodiscard]] bool spent() const noexcept { return records_ > most_records || answers_ > most_answers; }
  /// Whether it is the answers that are too many: the peer asks again and again.
  [[nodiscard]] bool too_many_answers() const noexcept { return answers_ > most_answers; }

 private:
  unsigned records_ = 0;   // that have come since there was data
  unsigned answered_ = 0;  // how many of them had come when OpenSSL answered last
  unsigned answers_ = 0;   // that OpenSSL has given on its own since there was data
};

}  // namespace tlsmode::engine

#endif
