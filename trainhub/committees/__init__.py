"""The school's committee on bullying (学生欺凌治理委员会): seats, terms, composition, recusal, meetings and votes."""
