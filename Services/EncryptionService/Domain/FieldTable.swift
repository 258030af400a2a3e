/// Finds the number of a field by the bytes of its name: open addressing over flat buffers, with a memo of the last
/// answer.
///
/// Only names that key management confirmed are inserted, so a caller can neither grow it nor choose its collisions.
/// Names are never removed; numbers are dense and rise from 0.
struct FieldTable {
    private struct Name {
        var offset: Int
        var count: Int
        var hash: UInt64
    }

    private var bytes: [UInt8] = []
    private var names: [Name] = []
    /// The number of a name plus 1, 0 where empty; a power of two, at most half full.
    private var places: [UInt32]
    private var last = 0

    init() {
        places = [UInt32](repeating: 0, count: 64)
    }

    var count: Int { names.count }

    /// The name's number; nil where it was never inserted.
    mutating func find(_ name: UnsafeRawBufferPointer) -> Int? {
        if last < names.count, equal(names[last], name) { return last }
        guard let found = number(of: name, hash: Self.hash(name)) else { return nil }
        last = found
        return found
    }

    /// The number of the name, a new one where it is unknown.
    mutating func insert(_ name: UnsafeRawBufferPointer) -> Int {
        let hash = Self.hash(name)
        if let known = number(of: name, hash: hash) { return known }
        names.append(Name(offset: bytes.count, count: name.count, hash: hash))
        bytes.append(contentsOf: name)
        if names.count * 2 > places.count {
            places = [UInt32](repeating: 0, count: places.count * 2)
            for number in names.indices { place(number) }
        } else {
            place(names.count - 1)
        }
        return names.count - 1
    }

    private mutating func place(_ number: Int) {
        var index = Int(truncatingIfNeeded: names[number].hash) & (places.count - 1)
        while places[index] != 0 { index = (index + 1) & (places.count - 1) }
        places[index] = UInt32(truncatingIfNeeded: number + 1)
    }

    private func number(of name: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        var index = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[index] != 0 {
            let number = Int(places[index]) - 1
            if names[number].hash == hash, equal(names[number], name) { return number }
            index = (index + 1) & (places.count - 1)
        }
        return nil
    }

    private func equal(_ known: Name, _ name: UnsafeRawBufferPointer) -> Bool {
        guard known.count == name.count else { return false }
        return bytes.withUnsafeBytes { all in
            var offset = 0
            while offset + 8 <= name.count {
                let word = all.loadUnaligned(fromByteOffset: known.offset + offset, as: UInt64.self)
                guard word == name.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
                offset += 8
            }
            while offset < name.count {
                guard all[known.offset + offset] == name[offset] else { return false }
                offset += 1
            }
            return true
        }
    }

    private static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: name.count)
        var offset = 0
        while offset + 8 <= name.count {
            hash = mix(hash ^ name.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < name.count {
            rest = rest << 8 | UInt64(name[offset])
            offset += 1
        }
        return mix(hash ^ rest)
    }

    /// MurmurHash3's 64-bit finaliser.
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ (value >> 33)
    }
}
