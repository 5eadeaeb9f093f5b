// SPDX-License-Identifier: MIT
#include <tlsmode/mode_set.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "support/catch.hpp"

using tlsmode::Mode;
using tlsmode::ModeSet;
using tlsmode::TunableModes;

namespace {

std::string names(ModeSet modes) {
  std::string all;
  for (const Mode mode : modes) all += std::string{name(mode)} + " ";
  return all;
}

template <ModeSet modes>
constexpr ModeSet argument = modes;

}  // namespace

TEST_CASE("a default set of modes is empty") {
  CHECK(ModeSet{}.empty());
  CHECK(ModeSet{}.size() == 0);
  CHECK(ModeSet{}.bits() == 0);
  CHECK(ModeSet{}.begin() == ModeSet{}.end());
}

TEST_CASE("sets are united, intersected and subtracted") {
  const ModeSet both = Mode::auto_retry | Mode::release_buffers;
  CHECK(both.size() == 2);
  CHECK((both & Mode::auto_retry) == Mode::auto_retry);
  CHECK((both - Mode::auto_retry) == Mode::release_buffers);
  CHECK((both - both).empty());
  CHECK((both | both) == both);

  ModeSet set;
  set |= both;
  CHECK(set == both);
  set -= Mode::release_buffers;
  CHECK(set == Mode::auto_retry);
  set &= Mode::release_buffers;
  CHECK(set.empty());
}

TEST_CASE("contains asks for every mode of the other set, intersects for any") {
  const ModeSet set = Mode::auto_retry | Mode::release_buffers;
  CHECK(set.contains(Mode::auto_retry));
  CHECK(set.contains(set));
  CHECK(set.contains(ModeSet{}));
  CHECK_FALSE(set.contains(Mode::auto_retry | Mode::async));
  CHECK(set.intersects(Mode::auto_retry | Mode::async));
  CHECK_FALSE(set.intersects(Mode::async));
  CHECK_FALSE(set.intersects(ModeSet{}));
}

TEST_CASE("a set is walked from its lowest bit up") {
  CHECK(names(Mode::release_buffers | Mode::enable_partial_write | Mode::auto_retry) ==
        "enable_partial_write auto_retry release_buffers ");
}

TEST_CASE("bits without a name are kept, walked and counted") {
  const ModeSet set = ModeSet::from_bits(0x4000'0204);
  CHECK(set.bits() == 0x4000'0204);
  CHECK(set.size() == 3);
  CHECK((set - Mode::auto_retry).bits() == 0x4000'0200);
  const std::vector<Mode> walked(set.begin(), set.end());
  REQUIRE(walked.size() == 3);
  CHECK(walked[0] == Mode::auto_retry);
  CHECK(walked[1] == static_cast<Mode>(0x200));
  CHECK(walked[2] == static_cast<Mode>(0x4000'0000));
}

TEST_CASE("the highest bit of a mask is walked too") {
  const ModeSet set = ModeSet::from_bits(0x8000'0001);
  CHECK(std::distance(set.begin(), set.end()) == 2);
}

TEST_CASE("the iterator of a set goes forward, twice over the same modes") {
  const ModeSet set = Mode::auto_retry | Mode::async;
  auto at = set.begin();
  const auto first = at++;
  CHECK(*first == Mode::auto_retry);
  CHECK(*at == Mode::async);
  CHECK(++at == set.end());
  CHECK(std::ranges::count(set, Mode::async) == 1);
}

TEST_CASE("a set of modes is a template argument") {
  CHECK(argument < Mode::auto_retry | Mode::async > == (Mode::async | Mode::auto_retry));
  CHECK(argument<ModeSet{}>.empty());
}

TEST_CASE("tunable modes are any but the three of the contract") {
  CHECK(ModeSet{TunableModes{Mode::release_buffers}} == Mode::release_buffers);
  CHECK(ModeSet{TunableModes{Mode::no_auto_chain | Mode::async}} == (Mode::async | Mode::no_auto_chain));
  CHECK(tlsmode::contract_modes == (Mode::enable_partial_write | Mode::accept_moving_write_buffer | Mode::auto_retry));
}
