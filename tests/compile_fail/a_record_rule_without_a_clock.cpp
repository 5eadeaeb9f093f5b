// SPDX-License-Identifier: MIT
// expect: FIX: derive it from tlsmode::DynamicRecords
#include <tlsmode/tlsmode.hpp>

struct Half {
  static constexpr bool is_dynamic = true;
  static constexpr std::size_t small_size = 1000;
};

static_assert(tlsmode::RecordSizing<tlsmode::FullRecords>);
static_assert(tlsmode::RecordSizing<tlsmode::DynamicRecords>);
template <tlsmode::RecordSizing Records>
void take() {}

void f() {
  take<tlsmode::DynamicRecords>();
#ifndef CONTROL
  take<Half>();
#endif
}
