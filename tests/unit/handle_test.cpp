// SPDX-License-Identifier: MIT
#include <tlsmode/detail/handle.hpp>

#include <utility>

#include "support/catch.hpp"

namespace {

struct Object {
  int times_freed = 0;
};
int free_object(Object* object) {
  ++object->times_freed;
  return 1;
}

using Handle = tlsmode::detail::Handle<&free_object>;

}  // namespace

TEST_CASE("a handle frees its object once") {
  Object object;
  {
    const Handle handle{&object};
  }
  CHECK(object.times_freed == 1);
}

TEST_CASE("an empty handle frees nothing") {
  const Handle handle;
  CHECK_FALSE(handle);
  CHECK(handle.get() == nullptr);
}

TEST_CASE("moving a handle moves the object, and frees the one it replaces") {
  Object first;
  Object second;
  {
    Handle one{&first};
    Handle two{&second};
    two = std::move(one);
    CHECK(second.times_freed == 1);
    CHECK(first.times_freed == 0);
    CHECK_FALSE(one);
    CHECK(two.get() == &first);
    const Handle three{std::move(two)};
    CHECK_FALSE(two);
  }
  CHECK(first.times_freed == 1);
  CHECK(second.times_freed == 1);
}

TEST_CASE("a released object is the caller's") {
  Object object;
  {
    Handle handle{&object};
    CHECK(handle.release() == &object);
    CHECK_FALSE(handle);
  }
  CHECK(object.times_freed == 0);
}

TEST_CASE("a handle assigned to itself keeps its object") {
  Object object;
  {
    Handle handle{&object};
    Handle& same = handle;
    handle = std::move(same);
    CHECK(handle.get() == &object);
    CHECK(object.times_freed == 0);
  }
  CHECK(object.times_freed == 1);
}
