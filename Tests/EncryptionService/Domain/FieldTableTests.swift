import Testing

@testable import EncryptionService

@Suite struct FieldTableTests {
    private func find(_ name: String, in table: inout FieldTable) -> Int? {
        Array(name.utf8).withUnsafeBytes { table.find($0) }
    }

    private func insert(_ name: String, in table: inout FieldTable) -> Int {
        Array(name.utf8).withUnsafeBytes { table.insert($0) }
    }

    @Test func numbersNamesDenselyAndFindsThemAgain() {
        var table = FieldTable()
        let names = (0..<1_000).map { "table\($0 % 7).a_longer_field_name_\($0)" }
        for (number, name) in names.enumerated() { #expect(insert(name, in: &table) == number) }
        #expect(table.count == names.count)
        for (number, name) in names.enumerated() {
            #expect(find(name, in: &table) == number)
            #expect(find(name, in: &table) == number)
            #expect(insert(name, in: &table) == number)
        }
    }

    @Test func aNameThatOnlyLooksAlikeIsNotFound() {
        var table = FieldTable()
        #expect(find("users.email", in: &table) == nil)
        _ = insert("users.email", in: &table)
        for other in ["", "users.emai", "users.emails", "users.emaiL", "Users.email", "users.email\0"] {
            #expect(find(other, in: &table) == nil)
        }
    }

    @Test func theEmptyNameIsAName() {
        var table = FieldTable()
        #expect(table.find(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
        #expect(table.insert(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
        #expect(table.find(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }
}
