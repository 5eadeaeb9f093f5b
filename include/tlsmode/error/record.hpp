// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ERROR_RECORD_HPP
#define TLSMODE_ERROR_RECORD_HPP

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <tlsmode/error/remedy.hpp>
#include <tlsmode/error_facts.hpp>

namespace tlsmode::detail {

/// The entries OpenSSL keeps of one thread; older ones it drops itself.
inline constexpr std::size_t queue_capacity = 16;

/// Everything an Error knows, in one allocation: the record and then its texts.
struct ErrorRecord {
  const char* what = "no error";
  std::string_view remedy{};
  ErrorKind kind = ErrorKind::none;
  Operation operation = Operation::none;
  int system_error = 0;
  int alert = -1;
  long verify_result = 0;
  std::size_t entry_count = 0;
  mutable unsigned owners = 0;  // counted atomically; 0: a constant that nobody owns
  QueueEntry entries[queue_capacity]{};
};

inline constinit const ErrorRecord no_error_record{};
inline constinit const ErrorRecord out_of_memory_record{.what = "out of memory, and none left to say more",
                                                        .kind = ErrorKind::out_of_memory};

// The compilers' own atomics: <atomic> would double the time it takes to include this library.
inline const ErrorRecord* share(const ErrorRecord* record) noexcept {
  if (__atomic_load_n(&record->owners, __ATOMIC_RELAXED) != 0) {
    __atomic_fetch_add(&record->owners, 1U, __ATOMIC_RELAXED);
  }
  return record;
}

inline void drop(const ErrorRecord* record) noexcept {
  if (__atomic_load_n(&record->owners, __ATOMIC_RELAXED) != 0 &&
      __atomic_fetch_sub(&record->owners, 1U, __ATOMIC_ACQ_REL) == 1) {
    std::free(const_cast<ErrorRecord*>(record));
  }
}

/// One line of text in a fixed space; what does not fit is dropped, and control characters become '?'.
class TextBuilder {
 public:
  TextBuilder& operator<<(std::string_view text) noexcept {
    for (const char c : text.substr(0, sizeof text_ - 1 - size_)) {
      const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      text_[size_++] = is_control ? '?' : c;
    }
    text_[size_] = '\0';
    return *this;
  }
  TextBuilder& operator<<(unsigned number) noexcept {
    if (number > 9) {
      *this << number / 10;
    }
    const char digit = static_cast<char>('0' + number % 10);
    return *this << std::string_view{&digit, 1};
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }

 private:
  char text_[2048] = {};
  std::size_t size_ = 0;
};

/// Takes this thread's error queue over, oldest entry first, and leaves it empty.
/// The texts of the entries still belong to OpenSSL: `keep(entry)` has to copy them before the next one is taken.
template <typename Keep>
void take_error_queue(Keep keep) noexcept {
  QueueEntry entry{};
  const char* file = nullptr;
  const char* function = nullptr;
  const char* data = nullptr;
  int flags = 0;
  while ((entry.code = ::ERR_get_error_all(&file, &entry.line, &function, &data, &flags)) != 0) {
    const char* reason = ERR_SYSTEM_ERROR(entry.code) ? std::strerror(ERR_GET_REASON(entry.code))
                                                      : ::ERR_reason_error_string(entry.code);
    entry.file = file != nullptr ? file : "";
    entry.function = function != nullptr ? function : "";
    entry.data = data != nullptr && (flags & ERR_TXT_STRING) != 0 ? data : "";
    entry.reason = reason != nullptr ? reason : "unknown reason";
    keep(entry);
  }
}

/// Gathers texts in a fixed space, which is copied behind the record once its size is known.
class TextArena {
 public:
  const char* copy(std::string_view text) noexcept {
    const std::size_t room = sizeof space_ - used_ - 1;  // an over-long text is cut; the space is never quite used up
    const std::size_t taken = text.size() < room ? text.size() : room;
    char* const start = space_ + used_;
    std::memcpy(start, text.data(), taken);
    start[taken] = '\0';
    used_ += taken < room ? taken + 1 : taken;
    return start;
  }
  [[nodiscard]] const char* space() const noexcept { return space_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_ + 1; }

 private:
  char space_[12 * 1024] = {};
  std::size_t used_ = 0;
};

[[nodiscard]] inline bool is_unexpected_end(unsigned long code) noexcept {
  return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

[[nodiscard]] inline int alert_of(unsigned long code) noexcept {
  const int reason = ERR_GET_REASON(code);
  return ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256
             ? reason - SSL_AD_REASON_OFFSET
             : -1;
}

[[nodiscard]] inline const char* alert_in_words(int alert) noexcept {
  switch (alert) {  // OpenSSL calls these "unknown"
    case SSL_AD_INAPPROPRIATE_FALLBACK: return "inappropriate fallback";
    case SSL_AD_MISSING_EXTENSION: return "missing extension";
    case SSL_AD_CERTIFICATE_REQUIRED: return "certificate required";
    default: return ::SSL_alert_desc_string_long(alert);
  }
}

inline void describe(TextBuilder& text, const ErrorRecord& record, const ErrorFacts& facts) noexcept {
  text << name(facts.operation) << ": ";
  const char* separator = "";
  const auto add = [&](std::string_view part) {
    if (!part.empty()) {
      text << separator << part;
      separator = "; ";
    }
  };
  add(facts.message);
  if (!facts.subject.empty()) {
    text << " \"" << facts.subject << "\"";
  }
  if (record.verify_result != X509_V_OK) {
    add(::X509_verify_cert_error_string(record.verify_result));
  }
  if (record.alert >= 0) {
    add("the peer sent the alert ");
    text << alert_in_words(record.alert);
  }
  if (record.system_error != 0) {
    add(std::strerror(record.system_error));
  }
  for (std::size_t i = 0; i != record.entry_count; ++i) {
    const QueueEntry& entry = record.entries[i];
    add("OpenSSL says: ");
    text << entry.reason;
    if (*entry.data != '\0') {
      text << " (" << entry.data << ")";
    }
    if (*entry.function != '\0') {
      text << " in " << entry.function;
    }
  }
  if (!record.remedy.empty()) {
    text << ". Remedy: " << record.remedy;
  }
}

/// Fills `record` from `facts` and this thread's error queue; its texts are put into `arena`.
inline void fill_error_record(ErrorRecord& record, const ErrorFacts& facts, TextArena& arena) noexcept {
  record.kind = facts.kind;
  record.operation = facts.operation;
  record.system_error = facts.system_error;
  record.verify_result = facts.verify_result;
  record.remedy = facts.remedy;
  take_error_queue([&](QueueEntry entry) {
    if (record.entry_count == queue_capacity || (facts.system_error != 0 && is_unexpected_end(entry.code))) {
      return;  // the end of a stream that failed says less than the failure, and something else
    }
    if (facts.verify_result != X509_V_OK && record.system_error == 0) {
      record.system_error = want_behind(entry.code);
    }
    if (record.alert < 0) {
      record.alert = alert_of(entry.code);
    }
    if (record.remedy.empty() && facts.verify_result == X509_V_OK) {
      record.remedy = remedy_for_queue_code(entry.code);
    }
    if (ERR_GET_REASON(entry.code) == ERR_R_MALLOC_FAILURE) {
      record.kind = ErrorKind::out_of_memory;
    }
    entry.file = arena.copy(entry.file);
    entry.function = arena.copy(entry.function);
    entry.reason = arena.copy(entry.reason);
    entry.data = arena.copy(entry.data);
    record.entries[record.entry_count++] = entry;
  });
  if (record.remedy.empty()) {
    record.remedy = remedy_for_system_error(record.system_error);
  }
  if (record.remedy.empty()) {
    record.remedy = remedy_for_verify_result(facts.verify_result);
  }
  TextBuilder text;
  describe(text, record, facts);
  record.what = arena.copy(text.view());
  ::ERR_clear_error();  // OpenSSL's words may need memory, and leave a trace where there is none
}

/// Makes a record of `facts` and of this thread's error queue, which is empty afterwards whatever happens.
/// Returns: `out_of_memory_record` when there is no memory.
inline const ErrorRecord* make_error_record(const ErrorFacts& facts) noexcept {
  TextArena arena;
  ErrorRecord draft;
  fill_error_record(draft, facts, arena);
  void* const block = std::malloc(sizeof(ErrorRecord) + arena.used());
  if (block == nullptr) {
    return &out_of_memory_record;
  }
  char* const texts = static_cast<char*>(block) + sizeof(ErrorRecord);
  std::memcpy(texts, arena.space(), arena.used());
  const auto rebase = [&](const char*& text) { text = texts + (text - arena.space()); };
  auto* const record = new (block) ErrorRecord{.what = draft.what,
                                               .remedy = draft.remedy,
                                               .kind = draft.kind,
                                               .operation = draft.operation,
                                               .system_error = draft.system_error,
                                               .alert = draft.alert,
                                               .verify_result = draft.verify_result,
                                               .entry_count = draft.entry_count,
                                               .owners = 1};
  rebase(record->what);
  for (std::size_t i = 0; i != record->entry_count; ++i) {
    QueueEntry& entry = record->entries[i] = draft.entries[i];
    rebase(entry.file);
    rebase(entry.function);
    rebase(entry.reason);
    rebase(entry.data);
  }
  return record;
}

}  // namespace tlsmode::detail

#endif
